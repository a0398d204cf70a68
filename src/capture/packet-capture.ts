import type { CaptureGap } from '../core/capture-facts.ts';
import type { EventSink } from '../core/events.ts';
import type { LinkCapture } from '../packets/link-capture.ts';
import { clockTime } from '../core/time/clock-time.ts';
import { retryUntil, type Attempt } from '../core/time/retry.ts';
import { Wake } from '../core/time/wake.ts';
import { say } from '../core/language/say.ts';
import type { CaptureReading } from '../packets/capture-reading.ts';
import { countPackets, wholePackets } from '../packets/file/capture-reader.ts';
import { mergeCaptures } from '../packets/file/merge-captures.ts';
import type { LabHints } from '../packets/lab-hints.ts';
import type { Shell } from '../ssh/shell.ts';
import type { MachineCapture } from './capture-plan.ts';
import { PointCapture, type PointOptions } from './point-capture.ts';
import type { PacketSource } from './packet-source.ts';
import { isWhole, machineFiles, PointsDecoder } from './points-decoder.ts';
import { insideMachine, outsideMachine, type CapturePoint } from './tcpdump.ts';

/**
 * A capture does not grow beyond this, on one machine, unless another limit is given: the report is made from all of it
 * in memory.
 */
const CAPTURE_LIMIT_BYTES = 64 * 1024 * 1024;

/** The last packets of a connection follow the end of its programs within this time, or not at all. */
const LAST_PACKETS_MS = 300;
/** A machine that takes longer to begin or to end is not waited for. */
const DEFAULT_PATIENCE_MS = 10_000;
/** After this long without a packet, none is under way from the machine to us. */
const QUIET_MS = 30;

/** The facts about a capture that has ended. */
export interface CaptureEnd {
  /** A pcap file; undefined when nothing could be captured. */
  readonly file: Uint8Array | undefined;
  readonly packets: number;
  /** Packets that passed by and are not in the file: the kernel had no room for them. */
  readonly lost: number;
  /** The file ends before the run did, since it reached its limit. */
  readonly full: boolean;
  readonly gaps: readonly CaptureGap[];
  readonly machines: readonly {
    readonly machine: string;
    readonly interface: string;
    readonly filter: string;
    readonly clockOffsetMs: number;
  }[];
}

export interface PacketCaptureOptions {
  readonly plan: readonly MachineCapture[];
  readonly shells: ReadonlyMap<string, Shell>;
  /** By name of the machine: captures outside of it, which are taken wherever there are some. */
  readonly links?: ReadonlyMap<string, LinkCapture> | undefined;
  readonly hints: LabHints;
  readonly events: EventSink;
  /** Ends the wait for a machine that takes its time. */
  readonly signal?: AbortSignal | undefined;
  readonly limitBytes?: number;
  /** How long a machine may take to begin, and to end. */
  readonly patienceMs?: number;
}

/**
 * Where a part of the plan is captured: outside of the machine if that can be, on each of its interfaces. What it says
 * to itself (`lo`) can be captured inside only.
 */
function pointsOf(
  { machine, interfaces, filter }: MachineCapture,
  { shells, links }: PacketCaptureOptions,
): CapturePoint[] {
  const link = links?.get(machine);
  const shell = shells.get(machine)!;
  if (link === undefined) return [insideMachine(shell, { interfaces, filter, orAny: true })];
  return interfaces.map((name) => {
    const inside = insideMachine(shell, { interfaces: [name], filter });
    return name === 'lo' ? inside : { ...outsideMachine(machine, link, { interface: name, filter }), instead: inside };
  });
}

/**
 * Captures the packets of a run on all machines of its plan. A machine that cannot is reported once, and the run goes
 * on without it.
 */
export class PacketCapture implements PacketSource {
  readonly #options: PacketCaptureOptions;
  #points: readonly PointCapture[];
  readonly #pointOptions: PointOptions;
  /** By name of the machine. */
  readonly #filters: ReadonlyMap<string, string>;
  readonly #ready: Promise<void>;
  readonly #decoder: PointsDecoder;
  readonly #wake = new Wake();
  #lastMs = performance.now();

  /** Begins at once. */
  constructor(options: PacketCaptureOptions) {
    this.#options = options;
    this.#decoder = new PointsDecoder(options.hints);
    const { plan, signal, limitBytes = CAPTURE_LIMIT_BYTES, patienceMs = DEFAULT_PATIENCE_MS } = options;
    this.#pointOptions = {
      limitBytes,
      patienceMs,
      signal,
      onData: () => this.#notify(),
      onEarlyEnd: (capture: PointCapture) => this.#tellEarlyEnd(capture),
    };
    this.#filters = new Map(plan.map(({ machine, filter }) => [machine, filter]));
    this.#points = plan
      .flatMap((part) => pointsOf(part, options))
      .map((point) => new PointCapture(point, this.#pointOptions));
    this.#ready = this.#begin();
  }

  ready(): Promise<void> {
    return this.#ready;
  }

  get missing(): string | undefined {
    if (this.#points.length === 0) return say`no program of the scenario listens on a port`;
    return this.#points.find(({ fault }) => fault !== undefined)?.fault?.message;
  }

  get incomplete(): string | undefined {
    const gap = this.#gaps()[0];
    if (gap) return describeGap(gap);
    const full = this.#points.find((point) => point.full);
    return full && say`the capture on ${full.point.machine} is full`;
  }

  get quietMs(): number {
    return performance.now() - this.#lastMs;
  }

  more(): Promise<void> {
    return this.#wake.next();
  }

  reading(): CaptureReading {
    return this.#decoder.look(this.#able);
  }

  /**
   * Ends the capture, a moment after the last packets: the programs have ended, and their kernels close their
   * connections now.
   *
   * @param mostBytes Of the file at most; what came later is left out.
   */
  async end(mostBytes = Infinity): Promise<CaptureEnd> {
    await this.#ready;
    await this.#lastPackets();
    const counts = await Promise.all(this.#points.map((point) => point.end()));
    const able = this.#able;
    const whole = able.length === 0 ? undefined : this.#file();
    const file =
      whole === undefined || whole.byteLength <= mostBytes ? whole : wholePackets(whole.subarray(0, mostBytes));
    const lost = counts.reduce((sum, { dropped }) => sum + dropped, 0);
    return {
      file,
      packets: file === undefined ? 0 : countPackets(file),
      lost,
      full: file !== whole || this.#points.some(({ full }) => full),
      gaps: this.#gaps(),
      machines: able.map(({ point: { machine }, listeningOn, clockOffsetMs }) => ({
        machine,
        interface: listeningOn,
        filter: this.#filters.get(machine)!,
        clockOffsetMs,
      })),
    };
  }

  async #begin(): Promise<void> {
    this.#points = await Promise.all(this.#points.map((point) => this.#started(point)));
    for (const { fault, point } of this.#points) {
      if (fault === undefined) continue;
      const hint = 'hint' in fault && typeof fault.hint === 'string' ? fault.hint : undefined;
      await this.#options.events.emit({
        kind: 'notice',
        level: 'warning',
        message: say`no packets are captured on ${placeOf(point)}: ${fault.message}`,
        ...(hint === undefined ? {} : { hint }),
      });
    }
  }

  /** The capture when it has begun; or, if it cannot, the one that takes its place, which is reported. */
  async #started(capture: PointCapture): Promise<PointCapture> {
    await capture.ready;
    const {
      fault,
      point: { instead, machine },
    } = capture;
    if (fault === undefined || instead === undefined || this.#options.signal?.aborted) return capture;
    await this.#options.events.emit({
      kind: 'notice',
      level: 'warning',
      message: say`packets are captured inside of ${machine}, where a program could end that: ${fault.message}`,
    });
    const inside = new PointCapture(instead, this.#pointOptions);
    await inside.ready;
    return inside;
  }

  async #lastPackets(): Promise<void> {
    if (this.#points.every(({ gap, full }) => gap !== undefined || full)) return;
    const look = (): Attempt<true> => (this.#isOver() ? { value: true } : { seen: say`open connections` });
    await retryUntil(look, {
      what: say`the last packets`,
      timeoutMs: LAST_PACKETS_MS,
      intervalMs: 5,
      wake: () => this.more(),
    }).catch(() => undefined);
  }

  /**
   * Every connection is closed to the last ACK; or nothing is under way, where there was no connection, and where
   * datagrams may come.
   */
  #isOver(): boolean {
    const { conversations } = this.reading();
    const hasDatagrams = this.#options.plan.some((part) => part.hasDatagrams);
    if (hasDatagrams && this.quietMs < QUIET_MS) return false;
    if (conversations.length === 0) return this.quietMs >= QUIET_MS;
    return conversations.every(({ conversation: { close } }) => close.complete || close.kind === 'rst');
  }

  get #able(): readonly PointCapture[] {
    return this.#points.filter(({ fault }) => fault === undefined);
  }

  #file(): Uint8Array {
    const able = this.#able;
    return isWhole(able)
      ? able[0].file.bytes
      : mergeCaptures(machineFiles(able).map(({ file, offsetMs, place }) => ({ bytes: file.bytes, offsetMs, place })));
  }

  #gaps(): CaptureGap[] {
    return this.#points.flatMap(({ gap }) => gap ?? []);
  }

  async #tellEarlyEnd({ gap }: PointCapture): Promise<void> {
    const hint = say`What came later is not in the capture, so nothing is concluded from what it does not hold.`;
    await this.#options.events.emit({ kind: 'notice', level: 'warning', message: describeGap(gap!), hint });
    this.#notify();
  }

  #notify(): void {
    this.#lastMs = performance.now();
    this.#wake.notify();
  }
}

/** Of a machine's own interfaces only loopback is captured apart from the others. */
function placeOf({ machine, interface: name }: Pick<CaptureGap, 'machine' | 'interface'>): string {
  return name === 'lo' ? `${machine} (lo)` : machine;
}

/** `the capture on vm1 ended early, at 14:30:15.042: …` */
export function describeGap(gap: CaptureGap): string {
  const place = placeOf(gap);
  return gap.since === null
    ? say`nothing was captured on ${place}: ${gap.reason}`
    : say`the capture on ${place} ended early, at ${clockTime(Date.parse(gap.since))}: ${gap.reason}`;
}
