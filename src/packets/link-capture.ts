/**
 * Link layer headers (Ethernet with tags, cooked) and the longest IP packet: nothing is cut, and the kernel's ring
 * holds more packets than with tcpdump's default.
 */
const WHOLE_PACKET_BYTES = 65_535 + 64;

/** Memory for packets that tcpdump has not read yet, in KiB: some 250 of the longest. */
const RING_KIB = 16_384;

/**
 * What tcpdump is started with, wherever it captures to standard output, in pcap's format. `--immediate-mode`: the
 * kernel hands over each packet at once; else the last ones are lost at the end, and the close of a connection is among
 * them.
 */
export const tcpdumpOptions: readonly string[] = [
  '-n',
  '-p',
  '-U',
  '--immediate-mode',
  '-s',
  `${WHOLE_PACKET_BYTES}`,
  '-B',
  `${RING_KIB}`,
  '-w',
  '-',
];

/** What is captured on a link, and who receives it. */
export interface LinkCaptureRequest {
  /** Name of the interface as the machine has it. */
  readonly interface: string;
  /** pcap-filter(7), in which machines may be named; empty for everything. */
  readonly filter: string;
  /** Lets it end, and hand over what it has. */
  readonly stopped: Promise<void>;
  /** Ends it by force. */
  readonly signal: AbortSignal;
  /**
   * Gets a pcap file (`stdout`) and the words of tcpdump(8) (`stderr`), piece by piece; the next piece waits for its
   * promise.
   */
  readonly onOutput: (stream: 'stdout' | 'stderr', chunk: Uint8Array) => void | Promise<void>;
}

/**
 * Captures at the lab's end of a link of one machine, where nothing in the machine sees, ends or changes it. What
 * machines say to themselves does not come by there. Resolves with the exit status of tcpdump(8); undefined when that
 * is not known.
 * @throws when its connection is lost, or the signal ends it.
 */
export type LinkCapture = (request: LinkCaptureRequest) => Promise<number | undefined>;
