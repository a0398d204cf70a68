/** One packet of a capture file. */
export interface Packet {
  /** Its place in the file, from 1: Wireshark's "No.". */
  readonly number: number;
  /** Milliseconds since the Unix epoch; fractions are kept, down to some 0.3 µs. */
  readonly timeMs: number;
  /** https://www.tcpdump.org/linktypes.html */
  readonly linkType: number;
  /**
   * What was captured of it is in the file from the offset `start` to before `end`. (A view of its own for each packet
   * would cost more than the decoding.)
   */
  readonly start: number;
  readonly end: number;
  /** Its length on the wire, in bytes; more than was captured when the capture cut it (snap length). */
  readonly originalLength: number;
  /** Which of the file's `places` captured it; undefined where it does not tell. */
  readonly place?: number | undefined;
}

/** A capture file in memory. It may grow, so read `bytes` each time; bytes that are there never change. */
export interface CaptureFile {
  readonly bytes: Uint8Array;
  /** Of `bytes`. */
  readonly view: DataView;
}

/** A packet, and the file that holds its bytes. */
export interface FiledPacket {
  readonly file: CaptureFile;
  readonly packet: Packet;
}

/** Where packets of a file were captured, as far as it tells. */
export interface CapturePlace {
  /** Name of the machine in `lab.yaml`. */
  readonly machine: string | undefined;
  readonly interface: string | undefined;
  /** pcap-filter(7); undefined where it is not known. */
  readonly filter: string | undefined;
}

/** What is known of a capture file in addition to its packets. */
export interface FileFacts {
  readonly format: 'pcap' | 'pcapng' | undefined;
  /** The file ends in the middle of a packet, or what follows cannot be read: it is still being written, or was cut. */
  readonly cutShort: boolean;
  /** Where its packets were captured, as far as it tells; a pcap file does not. */
  readonly places: readonly CapturePlace[];
}

/** Reads one format; it keeps its place. */
export interface FormatReader {
  /** Where the first packet begins that is not whole, as far as it has read. */
  readonly end: number;
  /**
   * Reads on from where it stopped last, as far as whole packets go; `onPacket` gets each in turn.
   *
   * @param view Of the whole file so far.
   */
  read(view: DataView, onPacket: (packet: Packet) => void): FileFacts;
}

/**
 * Longest packet that is believed, as in libpcap (MAXIMUM_SNAPLEN for most link types); a longer one means that the
 * file is damaged.
 */
export const MAXIMUM_PACKET_BYTES = 262_144;
