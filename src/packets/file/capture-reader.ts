import { wholeFile } from './capture-file.ts';
import type { CaptureFile, FileFacts, FormatReader, Packet } from './captured-packet.ts';
import { isPcap, PcapReader } from './pcap.ts';
import { isPcapng, PcapngReader } from './pcapng.ts';

/**
 * Reads a capture file of either format, which may still grow: it keeps its place. Bytes that are no capture file have
 * no packets and no format; nothing is thrown.
 */
export class CaptureReader {
  readonly file: CaptureFile;
  #format: FormatReader | undefined;

  constructor(file: CaptureFile) {
    this.file = file;
  }

  /** Where the first packet begins that is not whole; 0 while it is not known what the file is. */
  get end(): number {
    return this.#format?.end ?? 0;
  }

  /**
   * Reads what has come since the last time; `onPacket` gets each packet in turn. The facts are those of the file so
   * far.
   */
  read(onPacket: (packet: Packet) => void): FileFacts {
    const { view } = this.file;
    this.#format ??= formatOf(view);
    return this.#format?.read(view, onPacket) ?? { format: undefined, cutShort: false, places: [] };
  }
}

/** The beginning of a capture file, as far as its packets are whole. */
export function wholePackets(bytes: Uint8Array): Uint8Array {
  const reader = new CaptureReader(wholeFile(bytes));
  reader.read(() => undefined);
  return bytes.subarray(0, reader.end);
}

function formatOf(view: DataView): FormatReader | undefined {
  if (isPcap(view)) return new PcapReader();
  return isPcapng(view) ? new PcapngReader() : undefined;
}

/** How many packets a capture file holds, whatever they are. */
export function countPackets(bytes: Uint8Array): number {
  let count = 0;
  new CaptureReader(wholeFile(bytes)).read(() => (count += 1));
  return count;
}
