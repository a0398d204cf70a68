import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import {
  insideMachine,
  outsideMachine,
  startTcpdump,
  type CaptureCounts,
  type CapturePoint,
  type Tcpdump,
} from '../../capture/tcpdump.ts';
import { afterAwake } from '../../core/time/awake-clock.ts';
import { withCleanup, type CleanupStack } from '../../core/cleanup.ts';
import { EnvironmentError, UsageError, messageOf } from '../../core/errors.ts';
import { inTime } from '../../core/time/time-limit.ts';
import { sayDuration } from '../../core/language/amounts.ts';
import { say } from '../../core/language/say.ts';
import type { Machine } from '../../lab/types.ts';
import type { AttachedMachine } from '../../providers/provider.ts';
import type { Shell } from '../../ssh/shell.ts';
import type { CommandContext } from '../../session/context.ts';
import { openSession } from '../../session/open-session.ts';
import { writeOutput } from '../../host/files/output.ts';

export interface CaptureOptions {
  readonly machine: string;
  /** Name of an interface, or `any`; undefined means the only one of the machine, or all of several. */
  readonly interface: string | undefined;
  /** Path of the file to write; undefined or `-` means standard output. */
  readonly file: string | undefined;
  /** pcap-filter(7), in any number of words. */
  readonly filter: readonly string[];
}

export interface CaptureResult {
  readonly machine: string;
  readonly interface: string;
  readonly filter: string;
  /** Absolute path; undefined when it was standard output. */
  readonly file: string | undefined;
  readonly packets: number;
  /** Packets for which the kernel had no room. */
  readonly dropped: number;
}

/** A machine that takes longer to begin is not waited for. */
const BEGIN_TIMEOUT_MS = 30_000;
/** What it may take to hand over what it has, when the user ends the capture. */
const END_TIMEOUT_MS = 2000;

/**
 * Captures packets on a machine, as pcap, until the user stops it or the output is closed.
 *
 * @throws {UsageError} `capture-to-terminal`, `wrong-filter`, `unknown-machine`. @throws {EnvironmentError} when the
 * machine cannot, or the file cannot be written.
 */
export async function capture(context: CommandContext, options: CaptureOptions): Promise<CaptureResult> {
  const path = options.file === undefined || options.file === '-' ? undefined : resolve(context.cwd, options.file);
  if (path === undefined && context.terminal.stdout.isTTY === true) throw terminalError(options.machine);
  return withCleanup(async (cleanup) => {
    const { shells, machines } = await openSession(context).connect(cleanup, [options.machine]);
    const attached = machines[0]!;
    const { machine } = attached;
    const output = path === undefined ? context.terminal.stdout : await openFile(path, cleanup);
    const filter = options.filter.join(' ');
    const point = pointOf(attached, shells.get(machine.name)!, { interface: options.interface, filter });
    const tcpdump = await begin(context, point, (chunk) => writeOutput(output, chunk));
    const listeningOn = await listening(tcpdump, context.signal);
    const { captured, dropped } = await follow(context, tcpdump, { listeningOn, path });
    return { machine: machine.name, interface: listeningOn, filter, file: path, packets: captured, dropped };
  });
}

/**
 * At that point; or, if nothing can be captured there, at the one that takes its place, with a notice. A
 * wrong filter is wrong everywhere.
 */
async function begin(
  context: CommandContext,
  point: CapturePoint,
  onData: (chunk: Uint8Array) => Promise<void>,
): Promise<Tcpdump> {
  const tcpdump = startTcpdump(point, onData);
  const { instead } = point;
  if (instead === undefined) return tcpdump;
  try {
    await listening(tcpdump, context.signal);
    return tcpdump;
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof EnvironmentError)) throw error;
    await context.events.emit({
      kind: 'notice',
      level: 'warning',
      message: say`packets are captured inside of ${point.machine}: ${error.message}`,
    });
    return startTcpdump(instead, onData);
  }
}

/** Where it captures. One that is interrupted before it began has nothing to hand over. */
async function listening(tcpdump: Tcpdump, signal: AbortSignal): Promise<string> {
  const late = (): Error =>
    new EnvironmentError(say`tcpdump on ${tcpdump.machine} did not begin within ${sayDuration(BEGIN_TIMEOUT_MS)}`, {
      code: 'capture-failed',
      hint: say`Try it there: lab ssh ${tcpdump.machine} sudo -n tcpdump -c 1`,
    });
  try {
    return await inTime(tcpdump.listening, { limitMs: BEGIN_TIMEOUT_MS, signal, late });
  } catch (error) {
    tcpdump.abandon();
    throw error;
  }
}

/** Reports where it captures, and ends the capture when the user wants so. */
async function follow(
  { events, signal }: CommandContext,
  tcpdump: Tcpdump,
  { listeningOn, path }: { readonly listeningOn: string; readonly path: string | undefined },
): Promise<CaptureCounts> {
  await events.emit({
    kind: 'notice',
    level: 'info',
    message:
      path === undefined
        ? say`capturing on ${listeningOn} of ${tcpdump.machine}; Ctrl-C ends it`
        : say`capturing on ${listeningOn} of ${tcpdump.machine} into ${path}; Ctrl-C ends it`,
  });
  const counts = await ended(tcpdump, signal);
  if (!signal.aborted)
    await events.emit({
      kind: 'notice',
      level: 'warning',
      message: say`the capture ended early: something on ${tcpdump.machine} told tcpdump to end`,
    });
  return counts;
}

/** Its end, which a machine that has fallen silent does not put off. */
async function ended(tcpdump: Tcpdump, signal: AbortSignal): Promise<CaptureCounts> {
  let callOff: (() => void) | undefined;
  const stop = (): void => {
    tcpdump.stop();
    callOff = afterAwake(END_TIMEOUT_MS, () => tcpdump.abandon());
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  return tcpdump.ended.finally(() => {
    callOff?.();
    signal.removeEventListener('abort', stop);
  });
}

/**
 * A link of the lab is captured outside of the machine if that can be; loopback, all at once, and what was made by hand
 * are seen inside only.
 */
function pointOf(
  { machine, captureLink }: AttachedMachine,
  shell: Shell,
  { interface: wanted, filter }: Pick<CaptureOptions, 'interface'> & { readonly filter: string },
): CapturePoint {
  const interfaces = interfacesOf(machine, wanted);
  const link = machine.interfaces.find(({ name }) => name === interfaces[0]);
  const inside = insideMachine(shell, { interfaces, filter });
  return captureLink && link
    ? { ...outsideMachine(machine.name, captureLink, { interface: link.name, filter }), instead: inside }
    : inside;
}

function interfacesOf({ interfaces }: Machine, wanted: string | undefined): string[] {
  if (wanted !== undefined) return [wanted];
  return interfaces.length === 1 ? interfaces.map(({ name }) => name) : ['any'];
}

async function openFile(path: string, cleanup: CleanupStack): Promise<Writable> {
  const stream = createWriteStream(path, { mode: 0o644 });
  const { promise, resolve: opened, reject } = Promise.withResolvers<void>();
  stream
    .once('open', () => opened())
    .once('error', (cause) =>
      reject(new EnvironmentError(say`cannot write ${path}: ${messageOf(cause)}`, { code: 'file-not-written', cause })),
    );
  await promise;
  cleanup.add(say`write the file ${path}`, async () => {
    stream.end();
    await finished(stream);
  });
  return stream;
}

function terminalError(machine: string): UsageError {
  return new UsageError(say`a capture is binary data, and standard output is a terminal`, {
    code: 'capture-to-terminal',
    hint: say`Write it to a file:  lab capture ${machine} -w ${machine}.pcap   or look at it live:  lab capture ${machine} | wireshark -k -i -`,
  });
}
