/**
 * A pcap file with times in microseconds, little-endian; https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html
 */
const MICROSECOND_MAGIC = 0xa1b2_c3d4;
const ETHERNET = 1;

/** Bytes before each packet. */
export const PACKET_HEADER_BYTES = 16;

/** The header of the file, for packets of at most so many bytes. */
export function pcapHeader(longestPacket: number): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(MICROSECOND_MAGIC, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(longestPacket, 16);
  header.writeUInt32LE(ETHERNET, 20);
  return header;
}

/** The header of a whole packet. `microseconds` is since 1970. */
export function writePacketHeader(
  target: Buffer,
  at: number,
  { microseconds, length }: { readonly microseconds: number; readonly length: number },
): void {
  target.writeUInt32LE(Math.floor(microseconds / 1e6), at);
  target.writeUInt32LE(microseconds % 1e6, at + 4);
  target.writeUInt32LE(length, at + 8);
  target.writeUInt32LE(length, at + 12);
}

/** The host's clock moves when it is set, and after a sleep: more than this is no inaccuracy of a look at it. */
const LEAST_STEP_MS = 3;

/** The time of day in microseconds, which Date.now() does not tell; it goes on steadily while the clock is not set. */
export class WallClock {
  #originMs = performance.timeOrigin;

  /** Sets it by the clock of the host. */
  set(): void {
    const stepMs = Date.now() - (this.#originMs + performance.now());
    if (Math.abs(stepMs) > LEAST_STEP_MS) this.#originMs += stepMs;
  }

  /** Microseconds since 1970, whole. */
  now(): number {
    return Math.floor((this.#originMs + performance.now()) * 1000);
  }
}
