import type { CaptureFile } from './captured-packet.ts';

/** A capture file that is complete. */
export function wholeFile(bytes: Uint8Array): CaptureFile {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

const FIRST_CAPACITY_BYTES = 64 * 1024;

/** A capture file that is still being written. */
export class GrowingFile implements CaptureFile {
  bytes: Uint8Array = new Uint8Array(0);
  view = new DataView(this.bytes.buffer);
  #room = new Uint8Array(FIRST_CAPACITY_BYTES);

  append(chunk: Uint8Array): void {
    const { byteLength } = this.bytes;
    const size = byteLength + chunk.byteLength;
    // Twice the room each time, so that each byte is copied once on average.
    if (size > this.#room.byteLength) {
      const room = new Uint8Array(Math.max(size, 2 * this.#room.byteLength));
      room.set(this.bytes);
      this.#room = room;
    }
    this.#room.set(chunk, byteLength);
    this.bytes = this.#room.subarray(0, size);
    this.view = new DataView(this.#room.buffer, 0, size);
  }
}
