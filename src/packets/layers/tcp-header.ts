import type { TcpFlag, TcpOptions } from '../conversation.ts';

/** Bits of the flags byte (RFC 9293, section 3.1). */
export const Flag = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, ece: 64, cwr: 128 } as const;

const flagNames: readonly (readonly [bit: number, name: TcpFlag])[] = [
  [Flag.syn, 'SYN'],
  [Flag.fin, 'FIN'],
  [Flag.rst, 'RST'],
  [Flag.psh, 'PSH'],
  [Flag.ack, 'ACK'],
  [Flag.urg, 'URG'],
  [Flag.ece, 'ECE'],
  [Flag.cwr, 'CWR'],
];

/** The names of the flags of each value of the flags byte: one list is shared by all segments that have it. */
const namesOfFlags: readonly (readonly TcpFlag[])[] = Array.from({ length: 256 }, (_, bits) =>
  flagNames.filter(([bit]) => bits & bit).map(([, name]) => name),
);

/** Names of the flags that are set in the flags byte. */
export function flagsOf(bits: number): readonly TcpFlag[] {
  return namesOfFlags[bits & 0xff]!;
}

export interface TcpHeader {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly seq: number;
  /** The field as it stands, also where the ACK flag is not set. */
  readonly ack: number;
  /** Bits of `Flag`. */
  readonly flags: number;
  readonly window: number;
  readonly options: TcpOptions;
  /** Where the payload begins in the file. */
  readonly payloadStart: number;
}

const FIXED_BYTES = 20;

/**
 * Reads a TCP header. `capturedEnd` is where the captured packet ends, `segmentEnd` where the segment ended on the
 * wire. Undefined when the header is cut, or contradicts its own length or that of its segment.
 */
export function readTcpHeader(
  view: DataView,
  offset: number,
  capturedEnd: number,
  segmentEnd: number,
): TcpHeader | undefined {
  if (offset + FIXED_BYTES > capturedEnd) return undefined;
  const payloadStart = offset + (view.getUint8(offset + 12) >> 4) * 4;
  if (payloadStart < offset + FIXED_BYTES || payloadStart > segmentEnd) return undefined;
  return {
    sourcePort: view.getUint16(offset),
    destinationPort: view.getUint16(offset + 2),
    seq: view.getUint32(offset + 4),
    ack: view.getUint32(offset + 8),
    flags: view.getUint8(offset + 13),
    window: view.getUint16(offset + 14),
    options:
      payloadStart === offset + FIXED_BYTES
        ? noOptions
        : readOptions(view, offset + FIXED_BYTES, Math.min(payloadStart, capturedEnd)),
    payloadStart,
  };
}

/** Of a header without options. */
export const noOptions: TcpOptions = {};

/** Kinds of options (IANA "TCP Option Kind Numbers"). */
const Kind = { end: 0, noOperation: 1, mss: 2, windowScale: 3, sackPermitted: 4, sack: 5, timestamps: 8 } as const;

type MutableOptions = { -readonly [key in keyof TcpOptions]: TcpOptions[key] };

function readOptions(view: DataView, start: number, end: number): TcpOptions {
  const options: MutableOptions = {};
  for (let offset = start; offset < end;) {
    const kind = view.getUint8(offset);
    if (kind === Kind.end) break;
    if (kind === Kind.noOperation) {
      offset += 1;
      continue;
    }
    const length = offset + 1 < end ? view.getUint8(offset + 1) : 0;
    if (length < 2 || offset + length > end) break;
    readOption(options, view, offset);
    offset += length;
  }
  return options;
}

/** Reads the option at `offset`; one whose data has a wrong length is not believed. */
function readOption(options: MutableOptions, view: DataView, offset: number): void {
  const kind = view.getUint8(offset);
  const data = offset + 2;
  const length = view.getUint8(offset + 1) - 2;
  if (kind === Kind.timestamps && length === 8)
    options.timestamps = { value: view.getUint32(data), echo: view.getUint32(data + 4) };
  else if (kind === Kind.mss && length === 2) options.mss = view.getUint16(data);
  // Greater shifts are taken for 14 (RFC 7323, section 2.3).
  else if (kind === Kind.windowScale && length === 1) options.windowScale = Math.min(14, view.getUint8(data));
  else if (kind === Kind.sackPermitted && length === 0) options.sackPermitted = true;
  else if (kind === Kind.sack && length % 8 === 0 && length > 0) options.sack = readSackBlocks(view, data, length);
  else if (!known.has(kind)) options.others = [...(options.others ?? []), kind];
}

const known: ReadonlySet<number> = new Set(Object.values(Kind));

function readSackBlocks(
  view: DataView,
  offset: number,
  length: number,
): readonly (readonly [left: number, right: number])[] {
  return Array.from(
    { length: length / 8 },
    (_, index) => [view.getUint32(offset + 8 * index), view.getUint32(offset + 8 * index + 4)] as const,
  );
}
