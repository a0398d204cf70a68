import type { TracedConversation } from './capture-reading.ts';
import type { Conversation, Endpoint, Side } from './conversation.ts';
import { addressText } from './address-text.ts';
import type { LabHints } from './lab-hints.ts';
import { Flag, noOptions } from './layers/tcp-header.ts';
import { payloadOf } from './layers/tcp-packet.ts';
import { other, type End } from './end.ts';
import type { Flow, FlowPacket } from './tcp/flow.ts';
import { joinPieces, type PayloadPiece } from './tcp/payload.ts';
import { SegmentMaker } from './tcp/segment-maker.ts';

const PAYLOAD_LIMIT_BYTES = 16 * 1024 * 1024;

interface Sides {
  readonly client: End;
  readonly knownBy: Conversation['sidesKnownBy'];
}

/** Rebuilds one connection from its packets while they come. */
export class ConversationTrace {
  readonly #flow: Flow;
  readonly #hints: LabHints;
  #sides: Sides;
  #maker: SegmentMaker;
  #traced: TracedConversation | undefined;

  /** `flow` has at least one packet. */
  constructor(flow: Flow, hints: LabHints) {
    this.#flow = flow;
    this.#hints = hints;
    this.#sides = sidesOf(flow.packets, flow.packets[0]!, hints);
    this.#maker = new SegmentMaker(flow, this.#sides.client);
  }

  /**
   * The conversation so far, the `index`th of the capture: the same object while nothing has come. Its segments go on
   * growing with the flow, and what is summed up in it does not.
   */
  traced(index: number): TracedConversation {
    const { segments } = this.#maker;
    const { packets } = this.#flow;
    const isSame =
      this.#traced?.conversation.index === index &&
      segments.length === packets.length &&
      segments.at(-1)!.packet === packets.at(-1)!.tcp.packet.number;
    if (!isSame || this.#traced === undefined) this.#traced = this.#trace(index);
    return this.#traced;
  }

  #trace(index: number): TracedConversation {
    this.#advance();
    const { segments, handshake, close, totals } = this.#maker;
    const { client, knownBy } = this.#sides;
    const [first, last] = [segments[0]!, segments.at(-1)!];
    const conversation: Conversation = {
      index,
      client: this.#endpoint(client),
      server: this.#endpoint(other(client)),
      sidesKnownBy: knownBy,
      startMs: first.timeMs,
      durationMs: last.timeMs - first.timeMs,
      segments,
      handshake: handshake.handshake(segments),
      close: close.close(segments),
      sent: { client: totals.client.totals, server: totals.server.totals },
      acknowledgedIn: { client: this.#maker.acknowledgedIn('client'), server: this.#maker.acknowledgedIn('server') },
    };
    const piecesOf = (side: Side): PayloadPiece[] =>
      segments.flatMap(({ from, seq, length }, at) =>
        from === side && length > 0 ? [{ seq, bytes: payloadOf(this.#flow.packets[at]!.tcp) }] : [],
      );
    return { conversation, payload: (side, limit = PAYLOAD_LIMIT_BYTES) => joinPieces(piecesOf(side), limit) };
  }

  /** Begins again where the new packets show that the sides are others than was thought, which happens once at most. */
  #advance(): void {
    const { packets } = this.#flow;
    if (this.#sides.knownBy !== 'syn')
      this.#sides = sidesOf(packets.slice(this.#maker.segments.length), packets[0]!, this.#hints);
    if (this.#sides.client !== this.#maker.client || this.#maker.isOutdated)
      this.#maker = new SegmentMaker(this.#flow, this.#sides.client);
    this.#maker.advance();
  }

  #endpoint(end: End): Endpoint {
    const { from, tcp } = this.#flow.packets[0]!;
    const { file, ip, header } = tcp;
    const isSource = from === end;
    const address = addressText(file.view, ip.addressOffset + (isSource ? 0 : ip.addressBytes), ip.addressBytes);
    const syn = this.#maker.syn[end];
    return {
      address,
      port: isSource ? header.sourcePort : header.destinationPort,
      machine: this.#hints.machines?.get(address),
      isn: syn?.seq,
      synOptions: syn?.options ?? noOptions,
    };
  }
}

/** By the first SYN among these packets; where they have none, by the ports of the first packet of the flow. */
function sidesOf(packets: readonly FlowPacket[], first: FlowPacket, { listeningPorts }: LabHints): Sides {
  const opening = packets.find(({ tcp }) => tcp.header.flags & Flag.syn);
  if (opening !== undefined)
    return { client: opening.tcp.header.flags & Flag.ack ? other(opening.from) : opening.from, knownBy: 'syn' };
  const { from, tcp } = first;
  const { sourcePort, destinationPort } = tcp.header;
  const sourceListens = listeningPorts?.has(sourcePort) ?? false;
  const destinationListens = listeningPorts?.has(destinationPort) ?? false;
  if (sourceListens !== destinationListens)
    return { client: sourceListens ? other(from) : from, knownBy: 'listening-port' };
  return { client: sourcePort >= destinationPort ? from : other(from), knownBy: 'higher-port' };
}
