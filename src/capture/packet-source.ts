import type { CaptureReading } from '../packets/capture-reading.ts';

/** The packets of a run, while they are captured and afterwards. */
export interface PacketSource {
  /** Resolves when packets are captured, or when it is known that they cannot be. Never rejects. */
  ready(): Promise<void>;
  /** Why there is no capture; undefined while there is one. */
  readonly missing: string | undefined;
  /**
   * Why what was captured is less than what passed by, so that nothing follows from what is not in it; undefined when
   * it is all, as far as that is known.
   */
  readonly incomplete: string | undefined;
  /** What was captured so far: the same object while nothing more has come. Use only the latest one. */
  reading(): CaptureReading;
  /** Milliseconds since the last packet came. */
  readonly quietMs: number;
  /** Resolves when more has come. */
  more(): Promise<void>;
}
