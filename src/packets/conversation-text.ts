import type {
  Conversation,
  Endpoint,
  Phase,
  Segment,
  SegmentMark,
  Side,
  TcpOptions,
  TcpState,
} from './conversation.ts';
import { counted, say } from '../core/language/say.ts';
import { lacksText } from './conversation.ts';
import { sanitize } from '../core/text/sanitize.ts';

/** Columns: packet number, time, state of the client, arrow, state of the server. */
const width = { packet: 5, time: 10, state: 12, arrow: 52 } as const;

/**
 * A conversation with more segments is folded: so many are shown at its beginning and at its end, and what is
 * remarkable between.
 */
const SHOWN_AT_EACH_END = 60;
const MOST_REMARKABLE = 40;

const PAYLOAD_CHARACTERS = 40;

/** The words for what the analysis says of a segment; Wireshark has the same. */
const markWords: Readonly<Record<SegmentMark, string>> = {
  retransmission: say`retransmission`,
  'fast-retransmission': say`fast retransmission`,
  'spurious-retransmission': say`spurious retransmission`,
  'out-of-order': say`out of order`,
  'lost-before': say`lost before`,
  'acks-unseen': say`acks unseen`,
  'duplicate-ack': say`duplicate ack`,
  'zero-window': say`zero window`,
  'window-full': say`window full`,
  'window-update': say`window update`,
  'zero-window-probe': say`zero window probe`,
  'zero-window-probe-ack': say`zero window probe ack`,
  'keep-alive': say`keep alive`,
  'keep-alive-ack': say`keep alive ack`,
  'port-reused': say`port reused`,
};

const sides: Readonly<Record<Side, string>> = { client: say`client`, server: say`server` };

const phases: Readonly<Record<Phase, string>> = { handshake: say`handshake`, data: say`data`, close: say`close` };

export interface TextOptions {
  /** Show every segment, however many there are. */
  readonly all?: boolean;
}

/**
 * A conversation as a sequence diagram of plain text, some 100 columns wide. Payload is quoted as in JSON: no control
 * character is in it. Ends with a newline.
 */
export function conversationText(conversation: Conversation, options: TextOptions = {}): string {
  return [...heading(conversation), '', ...diagram(conversation, options), '', ...summary(conversation), ''].join('\n');
}

function heading({ index, client, server, segments, durationMs }: Conversation): string[] {
  return [
    say`Conversation ${index + 1}: ${endpointText(client)} → ${endpointText(server)}, ${counted(segments.length, 'packet')} in ${secondsText(durationMs)}`,
    say`  client: ${isnText(client)}`,
    say`  server: ${isnText(server)}`,
  ];
}

function endpointText({ machine, address, port }: Endpoint): string {
  const place = `${address.includes(':') ? `[${address}]` : address}:${port}`;
  return machine === undefined ? place : `${machine} ${place}`;
}

function isnText({ isn, synOptions }: Endpoint): string {
  if (isn === undefined) return say`its SYN is not in the capture`;
  const options = optionTexts(synOptions);
  return [say`initial sequence number ${isn}`, ...options].join(', ');
}

function optionTexts({ mss, windowScale, sackPermitted, timestamps }: TcpOptions): string[] {
  const parts = [
    mss === undefined ? '' : `MSS ${mss}`,
    windowScale === undefined ? '' : say`window scale ${windowScale} (×${2 ** windowScale})`,
    sackPermitted === undefined ? '' : say`SACK permitted`,
    timestamps === undefined ? '' : say`timestamps`,
  ];
  return parts.filter((part) => part !== '');
}

function diagram(conversation: Conversation, { all = false }: TextOptions): string[] {
  const { segments } = conversation;
  const shown = all || segments.length <= 2 * SHOWN_AT_EACH_END + MOST_REMARKABLE ? new Set(segments) : fold(segments);
  const lines = [columns({ client: sides.client, server: sides.server }).trimEnd(), ...startLines(conversation)];
  let phase: Phase | undefined;
  let states: Segment['states'] | undefined;
  let folded = 0;
  for (const segment of segments) {
    if (!shown.has(segment)) {
      folded += 1;
      continue;
    }
    if (folded > 0) lines.push(`        ${say`… ${counted(folded, 'packet')} not shown`}`);
    folded = 0;
    if (segment.phase !== phase) lines.push(phaseLine(conversation, segment.phase));
    lines.push(segmentLine(conversation, segment, states));
    ({ phase, states } = segment);
  }
  return lines;
}

function phaseLine({ close: { byLab } }: Conversation, phase: Phase): string {
  const title =
    phase === 'close' && byLab !== undefined ? say`close, when lab ended ${byLab.join(say` and `)}` : phases[phase];
  return `── ${title} ${'─'.repeat(Math.max(2, 90 - title.length))}`;
}

/** What is shown of a long conversation. */
function fold(segments: readonly Segment[]): ReadonlySet<Segment> {
  const middle = segments.slice(SHOWN_AT_EACH_END, -SHOWN_AT_EACH_END);
  const remarkable = middle.filter(
    ({ marks, flags }) => marks.length > 0 || flags.some((flag) => flag === 'SYN' || flag === 'FIN' || flag === 'RST'),
  );
  return new Set([
    ...segments.slice(0, SHOWN_AT_EACH_END),
    ...remarkable.slice(0, MOST_REMARKABLE),
    ...segments.slice(-SHOWN_AT_EACH_END),
  ]);
}

/** The states before a connection that the capture shows from its SYN. */
function startLines({ handshake, segments }: Conversation): string[] {
  if (handshake.syn === undefined) return [];
  const server = segments[0]?.states.server ?? 'UNKNOWN';
  const serverState = server === 'SYN-RECEIVED' ? 'LISTEN' : stateText(server);
  return [columns({ client: 'CLOSED', server: serverState }).trimEnd()];
}

/** Nothing stands for an end of which the capture has nothing. */
function stateText(state: TcpState): string {
  return state === 'UNKNOWN' ? '' : state;
}

function segmentLine({ startMs }: Conversation, segment: Segment, before: Segment['states'] | undefined): string {
  const { packet, timeMs, from, states, marks } = segment;
  const state = (side: Side): string => (states[side] === before?.[side] ? '' : stateText(states[side]));
  const remarks = [marks.map((mark) => markWords[mark]).join(', '), payloadText(segment)].filter(
    (remark) => remark !== '',
  );
  const line = columns({
    packet: String(packet),
    time: secondsText(timeMs - startMs),
    client: state('client'),
    arrow: arrow(from, segmentWords(segment)),
    server: state('server'),
  });
  return remarks.length === 0 ? line.trimEnd() : `${line} ${remarks.join(' ')}`;
}

/** What stands in the columns of a line; what is left out is empty. */
interface Cells {
  readonly packet?: string;
  readonly time?: string;
  readonly client: string;
  readonly arrow?: string;
  readonly server: string;
}

function columns({ packet = '', time = '', client, arrow: middle = '', server }: Cells): string {
  const cells = [
    packet.padStart(width.packet),
    time.padStart(width.time),
    client.padStart(width.state),
    middle.padEnd(width.arrow),
    server.padEnd(width.state),
  ];
  return cells.join(' ');
}

function arrow(from: Side, words: string): string {
  const line = '─'.repeat(Math.max(1, width.arrow - words.length - 6));
  return from === 'client' ? `──  ${words} ${line}▶` : `◀─  ${words} ${line}─`;
}

/** `SYN ACK seq=0 ack=1`, `PSH ACK seq=1 ack=1 len=10`. */
function segmentWords({ flags, seq, ack, length, window, marks }: Segment): string {
  const windowMatters = marks.some((mark) => mark.includes('window'));
  return [
    flags.join(' ') || say`no flags`,
    `seq=${seq}`,
    ack === undefined ? '' : `ack=${ack}`,
    length === 0 ? '' : `len=${length}`,
    windowMatters ? `win=${window}` : '',
  ]
    .filter((word) => word !== '')
    .join(' ');
}

/** The beginning of the payload in quotes, as JSON writes it; what is no text is only named. */
function payloadText({ text, length }: Segment): string {
  if (length === 0) return '';
  const begin = text.slice(0, PAYLOAD_CHARACTERS);
  if (/[\0-\x08\x0e-\x1a\x1c-\x1f\ufffd]/.test(begin)) return say`(binary)`;
  const isCut = text.length > PAYLOAD_CHARACTERS || lacksText({ text, length });
  return sanitize(JSON.stringify(begin)) + (isCut ? '…' : '');
}

function summary({ handshake, close, sent }: Conversation): string[] {
  return [
    handshakeText(handshake, sent),
    closeText(close, handshake) + unreadText(close, sent),
    ...(['client', 'server'] as const).map((side) => sentText(side, sent[side])),
  ];
}

function handshakeText(
  { complete, durationMs, refused, syn, simultaneous }: Conversation['handshake'],
  sent: Conversation['sent'],
): string {
  const time = secondsText(durationMs ?? 0);
  if (simultaneous === true)
    return complete
      ? say`Handshake: both opened at once, complete in ${time}`
      : say`Handshake: both opened at once, not complete`;
  if (complete) return say`Handshake: complete in ${time}`;
  if (refused) return say`Handshake: refused (RST), as where nothing listens at that address and port`;
  if (syn === undefined) return say`Handshake: not in the capture`;
  return sent.server.packets === 0
    ? say`Handshake: not complete: the SYN was not answered`
    : say`Handshake: not complete`;
}

function closeText(
  { kind, by, complete, halfClose, fin, rst, byLab }: Conversation['close'],
  handshake: Conversation['handshake'],
): string {
  if (kind === 'open' && handshake.syn !== undefined && !handshake.complete)
    return say`Close: none: the connection had not come about at the end of the capture`;
  if (kind === 'open') return say`Close: none: the connection was still open at the end of the capture`;
  const whose = byLab === undefined ? '' : say` when lab ended ${byLab.join(say` and `)}`;
  if (kind === 'rst') return say`Close: reset by the ${sideText(by)} (packet ${rst?.packet ?? '?'})${whose}`;
  const both = complete ? say`both sides closed` : say`not complete`;
  const half =
    halfClose === undefined
      ? ''
      : say`; half-closed: the other side sent ${counted(halfClose.bytesAfter, 'byte')} afterwards`;
  if (by === 'both') {
    const packets = [fin.client, fin.server].toSorted((a, b) => (a ?? 0) - (b ?? 0)).join(say` and `);
    return say`Close: by both at once with FIN (packets ${packets})${whose}, ${both}`;
  }
  return say`Close: by the ${sideText(by)} with FIN (packet ${fin[by ?? 'client'] ?? '?'})${whose}, ${both}${half}`;
}

/**
 * Why a side that had sent no FIN reset the connection, where that is most likely: close(2) of a socket with unread
 * bytes sends RST in place of FIN (RFC 2525, 2.17).
 */
function unreadText({ kind, by, fin, byLab }: Conversation['close'], sent: Conversation['sent']): string {
  if (kind !== 'rst' || by === undefined || by === 'both' || fin[by] !== undefined || byLab !== undefined) return '';
  const other = by === 'client' ? 'server' : 'client';
  return sent[other].bytes === 0
    ? ''
    : say`, as when it closes before it has read all that the ${sides[other]} has sent, or with SO_LINGER 0`;
}

function sentText(
  side: Side,
  { packets, bytes, retransmissions, duplicateAcks, outOfOrder, zeroWindows }: Conversation['sent'][Side],
): string {
  const remarks = [
    retransmissions > 0 && counted(retransmissions, 'retransmission'),
    duplicateAcks > 0 && counted(duplicateAcks, 'duplicate ACK'),
    outOfOrder > 0 && (outOfOrder === 1 ? say`1 segment out of order` : say`${outOfOrder} segments out of order`),
    zeroWindows > 0 && counted(zeroWindows, 'zero window'),
  ].filter((remark) => remark !== false);
  const amount = say`The ${sides[side]} sent ${counted(packets, 'packet')} with ${counted(bytes, 'byte')} of data`;
  return [amount, ...remarks].join(', ');
}

function sideText(side: Side | 'both' | undefined): string {
  return side === undefined || side === 'both' ? '' : sides[side];
}

function secondsText(ms: number): string {
  return `${(ms / 1000).toFixed(6)} s`;
}
