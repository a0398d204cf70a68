import { messageOf } from '../core/errors.ts';
import type { EventSink } from '../core/events.ts';
import { retryUntil } from '../core/retry.ts';
import type { Shell } from '../ssh/shell.ts';
import type { LabHints } from './conversation.ts';
import { mergeCaptures } from './merge.ts';
import type { MachineCapture } from './plan.ts';
import { readCapture, type CaptureReading } from './read-capture.ts';
import { startTcpdump, type CaptureCounts, type Tcpdump } from './tcpdump.ts';

/** A capture does not grow beyond this, on one machine: the report is made from all of it in memory. */
export const captureLimitBytes = 64 * 1024 * 1024;

/** A shorter difference of clocks cannot be told from the time that its message took. */
const leastClockOffsetMs = 100;

/** The last packets of a connection follow the end of its programs within so long, or not at all. */
const lastPacketsMs = 300;
/** A machine that takes longer to begin or to end is not waited for. */
const defaultPatienceMs = 10_000;
/** Nothing came for so long: nothing is under way from the machine to us. */
const quietMs = 30;

/** The packets of a run, while they are captured and afterwards. */
export interface PacketSource {
  /** Resolves when packets are captured, or when it is known that they cannot be. Never rejects. */
  ready(): Promise<void>;
  /** Why there is no capture; undefined while there is one. */
  readonly missing: string | undefined;
  /** What was captured so far. */
  reading(): CaptureReading;
  /** Milliseconds since the last packet came. */
  readonly quietMs: number;
  /** Resolves when more has come. */
  more(): Promise<void>;
}

/** What is told of a capture when it has ended. */
export interface CaptureEnd {
  /** A pcap file; undefined when nothing could be captured. */
  readonly file: Uint8Array | undefined;
  readonly packets: number;
  /** Packets that passed by and are not in the file: the kernel had no room for them. */
  readonly lost: number;
  /** The file ends before the run did, since it reached its limit. */
  readonly full: boolean;
  readonly machines: readonly { readonly machine: string; readonly interface: string; readonly filter: string; readonly clockOffsetMs: number }[];
}

export interface RecordingOptions {
  readonly plan: readonly MachineCapture[];
  readonly shells: ReadonlyMap<string, Shell>;
  readonly hints: LabHints;
  readonly events: EventSink;
  /** Ends the wait for a machine that takes its time. */
  readonly signal?: AbortSignal | undefined;
  readonly limitBytes?: number;
  /** How long a machine may take to begin, and to end. */
  readonly patienceMs?: number;
}

/** Captures the packets of a run on all machines of its plan. A machine that cannot is told once, and the run goes on without it. */
export class Recording implements PacketSource {
  readonly #options: RecordingOptions;
  readonly #machines: readonly MachineRecording[];
  readonly #ready: Promise<void>;
  #next = Promise.withResolvers<void>();
  #lastMs = performance.now();

  /** Begins at once. */
  constructor(options: RecordingOptions) {
    this.#options = options;
    const { plan, shells, signal, limitBytes = captureLimitBytes, patienceMs = defaultPatienceMs } = options;
    this.#machines = plan.map((part) => new MachineRecording(shells.get(part.machine)!, part, { limitBytes, patienceMs, signal, onData: () => this.#notify() }));
    this.#ready = this.#begin();
  }

  ready(): Promise<void> {
    return this.#ready;
  }

  get missing(): string | undefined {
    if (this.#machines.length === 0) return 'no program of the scenario listens on a port';
    return this.#machines.find(({ fault }) => fault !== undefined)?.fault?.message;
  }

  get quietMs(): number {
    return performance.now() - this.#lastMs;
  }

  more(): Promise<void> {
    return this.#next.promise;
  }

  reading(): CaptureReading {
    return readCapture(this.#file(), this.#options.hints);
  }

  /** Ends the capture, a moment after the last packets: the programs have ended, and their kernels close their connections now. */
  async end(): Promise<CaptureEnd> {
    await this.#ready;
    await this.#lastPackets();
    const counts = await Promise.all(this.#machines.map((machine) => machine.end()));
    const able = this.#machines.filter(({ fault }) => fault === undefined);
    const file = able.length === 0 ? undefined : this.#file();
    const lost = counts.reduce((sum, { dropped }) => sum + dropped, 0);
    return {
      file,
      packets: file === undefined ? 0 : readCapture(file).packets,
      lost,
      full: this.#machines.some(({ full }) => full),
      machines: able.map(({ part, listeningOn, clockOffsetMs }) => ({ machine: part.machine, interface: listeningOn, filter: part.filter, clockOffsetMs })),
    };
  }

  async #begin(): Promise<void> {
    await Promise.all(this.#machines.map((machine) => machine.ready));
    for (const { fault, part } of this.#machines) {
      if (fault === undefined) continue;
      const hint = 'hint' in fault && typeof fault.hint === 'string' ? fault.hint : undefined;
      await this.#options.events.emit({ kind: 'notice', level: 'warning', message: `no packets are captured on ${part.machine}: ${fault.message}`, ...(hint === undefined ? {} : { hint }) });
    }
  }

  async #lastPackets(): Promise<void> {
    if (this.#machines.every(({ fault, full }) => fault !== undefined || full)) return;
    const look = (): { value: true } | { seen: string } => (this.#isOver() ? { value: true } : { seen: 'open connections' });
    await retryUntil(look, { what: 'the last packets', timeoutMs: lastPacketsMs, intervalMs: 5, wake: () => this.more() }).catch(() => undefined);
  }

  /** Every connection is closed to the last ACK; or nobody connected, and nothing is under way. */
  #isOver(): boolean {
    const { conversations } = this.reading();
    if (conversations.length === 0) return this.quietMs >= quietMs;
    return conversations.every(({ conversation: { close } }) => close.complete || close.kind === 'rst');
  }

  #file(): Uint8Array {
    const able = this.#machines.filter(({ fault }) => fault === undefined);
    const [only] = able;
    // A capture that was stopped by its limit may end in the middle of a packet; what is put together anew does not.
    if (able.length === 1 && !only!.full) return only!.bytes();
    return mergeCaptures(able.map((machine) => ({ bytes: machine.bytes(), offsetMs: able.length === 1 ? 0 : machine.clockOffsetMs })));
  }

  #notify(): void {
    this.#lastMs = performance.now();
    this.#next.resolve();
    this.#next = Promise.withResolvers();
  }
}

interface MachineOptions {
  readonly limitBytes: number;
  readonly patienceMs: number;
  readonly signal: AbortSignal | undefined;
  readonly onData: () => void;
}

/** The capture of one machine, in memory. */
class MachineRecording {
  readonly part: MachineCapture;
  readonly ready: Promise<void>;
  /** Name of the interface; its first name while it is not known. */
  listeningOn: string;
  fault: Error | undefined;
  /** The limit is reached; nothing more is kept. */
  full = false;
  readonly #tcpdump: Tcpdump;
  readonly #options: MachineOptions;
  #chunks: Uint8Array[] = [];
  #size = 0;

  constructor(shell: Shell, part: MachineCapture, options: MachineOptions) {
    this.part = part;
    this.listeningOn = part.interfaces[0] ?? 'any';
    this.#options = options;
    this.#tcpdump = startTcpdump(shell, { interfaces: part.interfaces, orAny: true, filter: part.filter, onData: (chunk) => this.#take(chunk) });
    this.ready = this.#watch();
  }

  get clockOffsetMs(): number {
    const { clockOffsetMs = 0 } = this.#tcpdump;
    return Math.abs(clockOffsetMs) < leastClockOffsetMs ? 0 : clockOffsetMs;
  }

  bytes(): Uint8Array {
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]!;
  }

  async end(): Promise<CaptureCounts> {
    this.#tcpdump.stop();
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

  /** What tcpdump promises; gives it up when that takes too long. */
  async #inTime<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
    const { patienceMs } = this.#options;
    let settled = false;
    const done = promise.then(() => undefined, () => undefined).finally(() => (settled = true));
    const look = (): { value: true } | { seen: string } => (settled ? { value: true } : { seen: 'nothing' });
    await retryUntil(look, { what: `tcpdump on ${this.part.machine}`, timeoutMs: patienceMs, intervalMs: patienceMs, wake: () => done, signal }).catch((error: unknown) => {
      this.#tcpdump.abandon();
      throw error;
    });
    return promise;
  }

  #take(chunk: Uint8Array): void {
    if (this.full) return;
    this.#chunks.push(chunk);
    this.#size += chunk.byteLength;
    this.#options.onData();
    if (this.#size < this.#options.limitBytes) return;
    this.full = true;
    this.#tcpdump.stop();
  }
}
