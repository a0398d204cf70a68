import type { Phase, Side } from '../../packets/conversation.ts';
import type { ProgramStatus } from '../../core/step-problem.ts';

/** How a program ended. */
export type ProgramEnd = ProgramStatus;

/** How a language writes numbers and times. */
export interface Notation {
  /** `12,345` or `12 345`; at most `digits` decimals (default 0). */
  readonly number: (value: number, digits?: number) => string;
  /** `0.142 ms`, `1.3 s`, `3 min 5 s`, from milliseconds. */
  readonly duration: (ms: number) => string;
  /** `10 bytes`, `33.3 kB`. */
  readonly bytes: (count: number) => string;
  /** Date and time of day on this host's clock, from milliseconds since the Unix epoch. */
  readonly dateTime: (wallMs: number) => string;
  /** `one, two and three`. */
  readonly list: (items: readonly string[]) => string;
  /** What stands between a label and its value. */
  readonly colon: string;
  /** Prose with the no-break spaces that its typography wants; not for what programs printed. */
  readonly typeset: (prose: string) => string;
}

/**
 * The words of the sequence diagram of a TCP conversation. Those of the protocol itself (SYN, LISTEN, seq) are the same
 * in all languages.
 */
export interface DiagramWords {
  readonly title: (client: string, server: string) => string;
  readonly sides: Readonly<Record<Side, string>>;
  readonly phases: Readonly<Record<Phase, string>>;
  readonly refused: string;
  readonly incomplete: string;
  readonly handshakeIn: (duration: string) => string;
  readonly openedAtOnce: (duration: string) => string;
  readonly dataTotals: (client: string, server: string) => string;
  readonly closedBy: (side: Side | 'both', kind: 'fin' | 'rst') => string;
  readonly endedByLab: (roles: string) => string;
  readonly notClosed: string;
  readonly folded: (segments: string) => string;
  readonly foldedFrom: (side: Side, segments: string, bytes: string) => string;
  readonly foldedMarks: (marks: string) => string;
  readonly pause: (duration: string) => string;
  readonly continued: (part: number, parts: number) => string;
  readonly truncated: string;
  readonly programEnd: (end: ProgramEnd) => string;
  readonly tableCaption: string;
  readonly tableHeads: {
    readonly packet: string;
    readonly time: string;
    readonly from: string;
    readonly words: string;
    readonly states: string;
    readonly remark: string;
  };
  readonly tableCut: (shown: string, all: string) => string;
}
