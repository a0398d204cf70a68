import { lacksText, type Conversation, type Segment, type Side } from '../../packets/conversation.ts';
import type { SegmentWords, Words } from '../diagram/diagram-words.ts';
import type { DatagramConversation } from '../../packets/udp/datagram-conversation.ts';
import type { Moment } from './moments.ts';

/** The programs at both ends of a conversation. */
export interface Ends {
  readonly client: string | undefined;
  readonly server: string | undefined;
}

/**
 * Of a long conversation only the segments at its beginning and its end are looked at: those between are folded in
 * every picture.
 */
const windowSize = { first: 300, last: 60 };
/** How far ahead a line may stand that shows what a segment carried. */
const LOOK_AHEAD_LINES = 200;
const LONGEST_PAYLOAD = 60;

/**
 * Finds what stands on the terminals for each segment: the line that was typed and went out in it, the line with which
 * the other side showed it, the start and the end of the programs. Matched by text and order, never by clocks: packets
 * may be stamped on another machine. Conversations must come in the order in which they began; each moment is used
 * once.
 */
export class SpokenLinker {
  readonly #moments: readonly Moment[];
  readonly #used = new Set<Moment>();
  /** By role, the place behind the last line that was used. */
  readonly #behind = new Map<string, number>();

  constructor(moments: readonly Moment[]) {
    this.#moments = moments;
  }

  link(conversation: Conversation, ends: Ends): ReadonlyMap<number, SegmentWords> {
    const words = new Map<number, SegmentWords>();
    const seen = new Set<string>();
    for (const segment of lookedAt(conversation.segments)) {
      // A repetition says nothing new.
      const key = `${segment.from} ${segment.seq} ${segment.flags.join()} ${segment.length > 0}`;
      const found =
        segment.marks.some((mark) => mark.endsWith('retransmission')) || seen.has(key)
          ? undefined
          : this.#wordsOf(segment, conversation, ends);
      if (segment.length > 0 || segment.flags.some((flag) => flag === 'SYN' || flag === 'FIN')) seen.add(key);
      if (found !== undefined && Object.keys(found).length > 0) words.set(segment.packet, found);
    }
    return words;
  }

  /** The same for datagrams: the command that sent the first of them, and what was typed and shown of each. */
  linkDatagrams({ datagrams }: DatagramConversation, ends: Ends): ReadonlyMap<number, SegmentWords> {
    const words = new Map<number, SegmentWords>();
    for (const [place, datagram] of lookedAt(datagrams).entries()) {
      // What came twice says nothing new.
      if (datagram.marks.includes('duplicate')) continue;
      const opening = place === 0 && datagram.from === 'client' ? this.#opening(ends) : {};
      const found = { ...opening, ...this.#data(datagram, ends, !datagram.marks.includes('lost')) };
      if (Object.keys(found).length > 0) words.set(datagram.packet, found);
    }
    return words;
  }

  #wordsOf(segment: Segment, { client, handshake, close }: Conversation, ends: Ends): SegmentWords | undefined {
    const { packet, from, flags } = segment;
    if (packet === handshake.syn) return this.#opening(ends);
    if (segment.length > 0) return this.#data(segment, ends);
    if (packet === handshake.ack)
      return sideWords(
        'server',
        this.#nextLine(ends.server, (line) => line.includes(String(client.port)) || line.includes(client.address)),
      );
    if (packet === close.fin[from] || flags.includes('RST')) return sideWords(from, this.#end(ends[from]));
    return undefined;
  }

  /** The command that opened the connection; and what the server had shown last before. */
  #opening({ client, server }: Ends): SegmentWords {
    const opened = this.#moments.find(
      (moment) => moment.role === client && moment.kind === 'opened' && !this.#used.has(moment),
    );
    if (opened === undefined) return {};
    this.#used.add(opened);
    const before = this.#moments
      .slice(0, this.#moments.indexOf(opened))
      .findLast((moment) => moment.role === server && moment.kind === 'line');
    return {
      client: { kind: 'command', text: opened.text },
      ...(before && { server: { kind: 'line', text: before.text } }),
    };
  }

  /** `arrives`: its receiver may have shown it. */
  #data(sent: Pick<Segment, 'from' | 'text' | 'length'>, ends: Ends, arrives = true): SegmentWords {
    const { from, text } = sent;
    const other = from === 'client' ? 'server' : 'client';
    const [first = '', ...more] = text.split(/\r?\n/).filter((line) => line.trim() !== '');
    if (first === '') return {};
    const said = this.#typed(ends[from], first.trim()) ?? payloadWords(first, more.length, lacksText(sent));
    return {
      ...sideWords(from, said),
      ...sideWords(other, arrives ? this.#nextLine(ends[other], (line) => line.includes(first.trim())) : undefined),
    };
  }

  /** The line on which the payload was typed, if it was. */
  #typed(role: string | undefined, text: string): Words | undefined {
    const typed = this.#moments.find(
      (moment) =>
        moment.role === role && moment.kind === 'input' && moment.text.trim() === text && !this.#used.has(moment),
    );
    if (typed === undefined) return undefined;
    this.#used.add(typed);
    return this.#nextLine(role, (line) => line.trimEnd().endsWith(text)) ?? { kind: 'line', text };
  }

  #nextLine(role: string | undefined, fits: (line: string) => boolean): Words | undefined {
    if (role === undefined) return undefined;
    const start = this.#behind.get(role) ?? 0;
    for (let at = start, left = LOOK_AHEAD_LINES; at < this.#moments.length && left > 0; at++) {
      const moment = this.#moments[at]!;
      if (moment.role !== role || moment.kind !== 'line') continue;
      left -= 1;
      if (!fits(moment.text)) continue;
      this.#behind.set(role, at + 1);
      return { kind: 'line', text: moment.text };
    }
    return undefined;
  }

  #end(role: string | undefined): Words | undefined {
    const found = this.#moments.find(
      (moment) => moment.role === role && moment.kind === 'exited' && !this.#used.has(moment),
    );
    if (found?.end === undefined) return undefined;
    this.#used.add(found);
    return { kind: 'end', ...found.end };
  }
}

function lookedAt<T>(segments: readonly T[]): readonly T[] {
  const { first, last } = windowSize;
  return segments.length <= first + last ? segments : [...segments.slice(0, first), ...segments.slice(-last)];
}

function sideWords(side: Side, words: Words | undefined): SegmentWords {
  return words === undefined ? {} : { [side]: words };
}

/** Text that a program sent by itself; bytes that are no text are not shown. */
function payloadWords(line: string, more: number, goesOn: boolean): Words | undefined {
  if (/[\0-\x08\x0e-\x1f\ufffd]/.test(line)) return undefined;
  const cut =
    line.length > LONGEST_PAYLOAD ? `${line.slice(0, LONGEST_PAYLOAD)}…` : goesOn && more === 0 ? `${line}…` : line;
  return { kind: 'payload', text: `“${cut}”${more > 0 ? ` +${more}` : ''}` };
}
