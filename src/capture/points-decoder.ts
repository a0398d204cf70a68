import { CaptureDecoder } from '../packets/capture-decoder.ts';
import type { CaptureReading } from '../packets/capture-reading.ts';
import { MergedFeed, type MachineFile } from '../packets/file/merged-feed.ts';
import { FileFeed } from '../packets/file/packet-feed.ts';
import type { LabHints } from '../packets/lab-hints.ts';
import type { PointCapture } from './point-capture.ts';

/**
 * Whether what was captured is the file of one point, byte for byte. A capture that did not end in good order may end in
 * the middle of a packet; what is put together does not.
 */
export function isWhole(points: readonly PointCapture[]): points is readonly [PointCapture] {
  return points.length === 1 && !points[0]!.full && !points[0]!.gap;
}

/** The files of these points, as they are to be joined. */
export function machineFiles(points: readonly PointCapture[]): MachineFile[] {
  if (points.length === 1) return points.map(({ file }) => ({ file, offsetMs: 0 }));
  return points.map(({ file, clockOffsetMs, point: { machine, filter }, listeningOn }) => ({
    file,
    offsetMs: clockOffsetMs,
    place: { machine, interface: listeningOn, filter },
  }));
}

/** Decodes what points capture while they do. */
export class PointsDecoder {
  readonly #hints: LabHints;
  #decoder: CaptureDecoder | undefined;
  /** What the decoder was made for. */
  #isWhole = false;
  #files: readonly MachineFile[] = [];

  constructor(hints: LabHints) {
    this.#hints = hints;
  }

  /**
   * What they have captured so far. Decodes only what is new; from the beginning only where other points take part, one
   * has ended early or the clock of a machine has become known, each of which happens once.
   */
  look(points: readonly PointCapture[]): CaptureReading {
    const files = machineFiles(points);
    const whole = isWhole(points);
    const isSame =
      whole === this.#isWhole &&
      files.length === this.#files.length &&
      files.every(({ file, offsetMs }, at) => file === this.#files[at]!.file && offsetMs === this.#files[at]!.offsetMs);
    if (this.#decoder === undefined || !isSame) {
      [this.#isWhole, this.#files] = [whole, files];
      const feed = whole ? new FileFeed(points[0].file) : new MergedFeed(files);
      this.#decoder = new CaptureDecoder(feed, this.#hints);
    }
    return this.#decoder.look();
  }
}
