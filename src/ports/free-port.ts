import { protocolField } from '../core/listen-port.ts';
import { CheckError, TimeoutError } from '../core/errors.ts';
import type { EventSink } from '../core/events.ts';
import { describeHolder, recordedHolder } from '../core/port-holder.ts';
import { sayDuration } from '../core/language/amounts.ts';
import { retryUntil, type Attempt } from '../core/time/retry.ts';
import { say } from '../core/language/say.ts';
import type { Shell } from '../ssh/shell.ts';
import { inspectPort } from './inspect-port.ts';
import type { LookOptions } from './look-options.ts';
import { portName } from './port-words.ts';
import { refusalToFree } from './protection.ts';
import type { SocketHolder, PortReport } from './port-report.ts';
import { signalHolders, type EndSignal } from './signal.ts';
import { takenAgain } from './supervisor.ts';

export interface FreeOptions extends LookOptions {
  /** How long a process may take to end after TERM, before KILL. Default 2000. */
  readonly graceMs?: number | undefined;
  readonly events: EventSink;
}

export interface FreeResult {
  readonly machine: string;
  readonly port: number;
  /** What was ended, with the signal that did it. */
  readonly ended: readonly EndedHolder[];
  /**
   * The port afterwards. It has no holders, and may still be `busy` by what is never ended: connections, and sockets
   * that do not listen.
   */
  readonly after: PortReport;
}

export interface EndedHolder {
  readonly holder: SocketHolder;
  readonly signal: EndSignal;
}

/** How long the port is watched after it is free: a supervisor restarts what was ended (systemd: after 100 ms). */
const WATCH_MS = 400;
/** How long the kernel may take to end a process after KILL. */
const KILL_MS = 2000;
const INTERVAL_MS = 40;

/**
 * Ends the processes that hold a port, as the report lists them: TERM, grace, KILL, then looks again and watches the
 * port for a moment. Only processes of the report and those that share a socket with them are ended, each identified
 * again right before the signal. Clients, TIME_WAIT rows and sockets that are bound and do not listen are left alone.
 * With nothing to end, nothing is done.
 *
 * @throws {CheckError} for SSH's own port, PID 1 and what our connection hangs on; when a holder survives KILL; when
 * the port is taken again at once.
 * @throws {EnvironmentError} when a holder is not visible or not ours to end; then nothing was done.
 */
export async function freePort(shell: Shell, report: PortReport, options: FreeOptions): Promise<FreeResult> {
  const { graceMs = 2000, signal, sudoPassword, events } = options;
  const look: LookOptions = { signal, sudoPassword, protocol: report.protocol, depth: 'table' };
  const sockets = new Sockets(report);
  const ended: EndedHolder[] = [];
  let current = report;
  for (const [endSignal, waitMs] of [
    ['TERM', graceMs],
    ['KILL', KILL_MS],
  ] as const) {
    const targets = sockets.of(current);
    if (targets.length === 0) break;
    const refusal = refusalToFree(current);
    if (refusal !== undefined) throw refusal;
    const signalled = await signalHolders(shell, targets, endSignal, look);
    current = await waitUntilReleased(shell, current, sockets, { ...look, waitMs });
    const remaining = new Set(sockets.of(current).map(({ pid }) => pid));
    const gone = signalled.filter(({ pid }) => !remaining.has(pid));
    ended.push(...gone.map((holder) => ({ holder, signal: endSignal })));
    if (gone.length > 0)
      await events.emit({
        kind: 'port-freed',
        machine: report.machine,
        ...protocolField(report),
        port: report.port,
        holders: gone.map(recordedHolder),
        signal: endSignal,
      });
  }
  const survivors = sockets.of(current);
  if (survivors.length > 0) throw survived(report, survivors);
  if (ended.length > 0) current = await watch(shell, current, look);
  if (current.holders.length > 0) throw takenAgain(current, report.holders);
  const after = current === report ? report : await inspectPort(shell, report.port, { ...look, depth: 'bind' });
  return { machine: report.machine, port: report.port, ended, after };
}

/**
 * The listening sockets that are to be freed: those of the report. A process that shares one of them is meant too, a
 * new socket is not.
 */
class Sockets {
  readonly #inodes: ReadonlySet<string | undefined>;
  /** Identity of each process of the report, by PID. */
  readonly #identities: ReadonlyMap<number | undefined, string | undefined>;

  constructor({ holders }: PortReport) {
    this.#inodes = new Set(holders.map(({ inode }) => inode));
    this.#identities = new Map(holders.map(({ pid, identity }) => [pid, identity]));
  }

  /**
   * The holders in a later report that hold one of the sockets, but for a process that is another one than it was (a
   * new program under the old PID). Where the machine shows no sockets, those that are the same processes.
   */
  of({ holders }: PortReport): SocketHolder[] {
    return holders.filter(({ pid, identity, inode }) => {
      if (this.#identities.has(pid)) return this.#identities.get(pid) === identity;
      return inode !== undefined && this.#inodes.has(inode);
    });
  }
}

/** Looks until none of the sockets is held, at most `waitMs`; the last report in both cases. */
async function waitUntilReleased(
  shell: Shell,
  before: PortReport,
  sockets: Sockets,
  { waitMs, ...options }: LookOptions & { readonly waitMs: number },
): Promise<PortReport> {
  let last = before;
  const attempt = async (): Promise<Attempt<PortReport>> => {
    last = await inspectPort(shell, before.port, options);
    const held = sockets.of(last);
    return held.length === 0 ? { value: last } : { seen: held.map(describeHolder).join(', ') };
  };
  try {
    return await retryUntil(attempt, {
      what: portName(before),
      timeoutMs: waitMs,
      intervalMs: INTERVAL_MS,
      signal: options.signal,
    });
  } catch (error) {
    if (error instanceof TimeoutError) return last;
    throw error;
  }
}

/**
 * Watches a port that was freed: the first report with a holder, or the last one. Nothing is bound meanwhile, for that
 * could be in the way of a server.
 */
async function watch(shell: Shell, freed: PortReport, options: LookOptions): Promise<PortReport> {
  if (freed.holders.length > 0) return freed;
  const until = performance.now() + WATCH_MS;
  const attempt = async (): Promise<Attempt<PortReport>> => {
    const report = await inspectPort(shell, freed.port, options);
    return report.holders.length > 0 || performance.now() >= until ? { value: report } : { seen: say`free` };
  };
  return retryUntil(attempt, {
    what: say`${portName(freed)} to stay free`,
    timeoutMs: WATCH_MS * 2,
    intervalMs: INTERVAL_MS,
    signal: options.signal,
  });
}

function survived(report: PortReport, survivors: readonly SocketHolder[]): CheckError {
  return new CheckError(
    say`${portName(report)} is still held by ${survivors.map(describeHolder).join(', ')}, ${sayDuration(KILL_MS)} after KILL`,
    {
      code: 'port-holder-survives',
      hint: say`A process that waits for a disk or a network file system ends only when that answers. Give your program another port, or restart ${report.machine}.`,
    },
  );
}
