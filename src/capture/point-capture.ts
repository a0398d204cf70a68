import { messageOf } from '../core/errors.ts';
import type { CaptureGap } from '../core/capture-facts.ts';
import { retryUntil, type Attempt } from '../core/time/retry.ts';
import { say } from '../core/language/say.ts';
import type { CaptureFile } from '../packets/file/captured-packet.ts';
import { GrowingFile } from '../packets/file/capture-file.ts';
import { startTcpdump, type CaptureCounts, type CapturePoint, type Tcpdump } from './tcpdump.ts';

/** A shorter difference of clocks cannot be told apart from the time that its message took. */
const LEAST_CLOCK_OFFSET_MS = 100;

export interface PointOptions {
  readonly limitBytes: number;
  /** How long it may take to begin, and to end. */
  readonly patienceMs: number;
  readonly signal: AbortSignal | undefined;
  readonly onData: () => void;
  /** Called when it has ended without being stopped. */
  readonly onEarlyEnd: (capture: PointCapture) => void | Promise<void>;
}

/** The capture at one point, in memory. */
export class PointCapture {
  readonly point: CapturePoint;
  readonly ready: Promise<void>;
  /** Name of the interface; its first name while it is not known. */
  listeningOn: string;
  fault: Error | undefined;
  /** The limit is reached; nothing more is kept. */
  full = false;
  readonly #tcpdump: Tcpdump;
  readonly #options: PointOptions;
  readonly #file = new GrowingFile();
  #stopping = false;
  #early: Pick<CaptureGap, 'since' | 'reason'> | undefined;

  constructor(point: CapturePoint, options: PointOptions) {
    this.point = point;
    this.listeningOn = point.interface;
    this.#options = options;
    this.#tcpdump = startTcpdump(point, (chunk) => this.#take(chunk));
    this.ready = this.#watch();
    void this.#awaitEarlyEnd();
  }

  get clockOffsetMs(): number {
    const { clockOffsetMs = 0 } = this.#tcpdump;
    return Math.abs(clockOffsetMs) < LEAST_CLOCK_OFFSET_MS ? 0 : clockOffsetMs;
  }

  /** What it has missed; undefined when that is nothing, or only not known yet. */
  get gap(): CaptureGap | undefined {
    const missed = this.fault ? { since: null, reason: this.fault.message } : this.#early;
    return missed && { machine: this.point.machine, interface: this.listeningOn, ...missed };
  }

  /** What was captured so far. */
  get file(): CaptureFile {
    return this.#file;
  }

  async end(): Promise<CaptureCounts> {
    this.#stop();
    // What was captured until a connection was lost is worth keeping.
    return this.#inTime(this.#tcpdump.ended).catch(() => ({ captured: 0, dropped: 0 }));
  }

  async #watch(): Promise<void> {
    try {
      this.listeningOn = await this.#inTime(this.#tcpdump.listening, this.#options.signal);
    } catch (error) {
      this.fault = error instanceof Error ? error : new Error(messageOf(error));
    }
  }

  async #awaitEarlyEnd(): Promise<void> {
    const reason = await this.#tcpdump.ended.then(
      () => say`something on ${this.point.machine} told tcpdump to end`,
      messageOf,
    );
    if (this.#stopping) return;
    const since = new Date().toISOString();
    await this.ready;
    if (this.fault !== undefined) return;
    this.#early = { since, reason };
    await this.#options.onEarlyEnd(this);
  }

  /** What tcpdump promises; gives it up when that takes too long. */
  async #inTime<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
    const { patienceMs } = this.#options;
    let settled = false;
    const done = promise
      .then(
        () => undefined,
        () => undefined,
      )
      .finally(() => (settled = true));
    const look = (): Attempt<true> => (settled ? { value: true } : { seen: say`nothing` });
    await retryUntil(look, {
      what: say`tcpdump on ${this.point.machine}`,
      timeoutMs: patienceMs,
      intervalMs: patienceMs,
      wake: () => done,
      signal,
    }).catch((error: unknown) => {
      this.#tcpdump.abandon();
      throw error;
    });
    return promise;
  }

  #take(chunk: Uint8Array): void {
    if (this.full) return;
    this.#file.append(chunk);
    this.#options.onData();
    if (this.#file.bytes.byteLength < this.#options.limitBytes) return;
    this.full = true;
    this.#stop();
  }

  #stop(): void {
    this.#stopping = true;
    this.#tcpdump.stop();
  }
}
