import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { insideMachine, outsideMachine, startTcpdump, type CapturePoint, type Tcpdump } from '../capture/tcpdump.ts';
import { withCleanup, type CleanupStack } from '../core/cleanup.ts';
import { EnvironmentError, UsageError, messageOf } from '../core/errors.ts';
import type { Machine } from '../lab/types.ts';
import type { AttachedMachine } from '../providers/provider.ts';
import type { Shell } from '../ssh/shell.ts';
import { attachLab } from './attach.ts';
import type { CommandContext } from './context.ts';
import { writeOutput } from './output.ts';

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

/**
 * Captures packets on a machine, as pcap, until the user stops it or nobody reads any more.
 *
 * @throws {UsageError} `capture-to-terminal`, `wrong-filter`, `unknown-machine`. @throws {EnvironmentError} when the machine cannot, or the file cannot be written.
 */
export async function capture(context: CommandContext, options: CaptureOptions): Promise<CaptureResult> {
  const path = options.file === undefined || options.file === '-' ? undefined : resolve(context.cwd, options.file);
  if (path === undefined && context.terminal.stdout.isTTY === true) throw terminalError(options.machine);
  return withCleanup(async (cleanup) => {
    const { shells, machines } = await attachLab(context, cleanup, [options.machine]);
    const attached = machines[0]!;
    const { machine } = attached;
    const output = path === undefined ? context.terminal.stdout : await openFile(path, cleanup);
    const filter = options.filter.join(' ');
    const point = pointOf(attached, shells.get(machine.name)!, { interface: options.interface, filter });
    const tcpdump = await begin(context, point, (chunk) => writeOutput(output, chunk));
    const listeningOn = await follow(context, tcpdump, path);
    const { captured, dropped } = await tcpdump.ended;
    return { machine: machine.name, interface: listeningOn, filter, file: path, packets: captured, dropped };
  });
}

/** At that point; or, if nothing can be captured there, at the one that takes its place, of which the user hears. A wrong filter is wrong everywhere. */
async function begin(context: CommandContext, point: CapturePoint, onData: (chunk: Uint8Array) => Promise<void>): Promise<Tcpdump> {
  const tcpdump = startTcpdump(point, onData);
  const { instead } = point;
  if (instead === undefined) return tcpdump;
  try {
    await tcpdump.listening;
    return tcpdump;
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    await context.events.emit({ kind: 'notice', level: 'warning', message: `packets are captured inside of ${point.machine}: ${error.message}` });
    return startTcpdump(instead, onData);
  }
}

/** Tells where it captures, and lets it end when the user wants so. */
async function follow({ events, signal }: CommandContext, tcpdump: Tcpdump, path: string | undefined): Promise<string> {
  const stop = (): void => tcpdump.stop();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const listeningOn = await tcpdump.listening;
  const target = path === undefined ? '' : ` into ${path}`;
  await events.emit({ kind: 'notice', level: 'info', message: `capturing on ${listeningOn} of ${tcpdump.machine}${target}; Ctrl-C ends it` });
  await tcpdump.ended.finally(() => signal.removeEventListener('abort', stop));
  if (!signal.aborted) await events.emit({ kind: 'notice', level: 'warning', message: `the capture ended early: something on ${tcpdump.machine} told tcpdump to end` });
  return listeningOn;
}

/** A link of the lab is captured outside of the machine if that can be; loopback, all at once, and what was made by hand are seen inside only. */
function pointOf({ machine, captureLink }: AttachedMachine, shell: Shell, { interface: wanted, filter }: Pick<CaptureOptions, 'interface'> & { readonly filter: string }): CapturePoint {
  const interfaces = interfacesOf(machine, wanted);
  const link = machine.interfaces.find(({ name }) => name === interfaces[0]);
  const inside = insideMachine(shell, { interfaces, filter });
  return captureLink && link ? { ...outsideMachine(machine.name, captureLink, { interface: link.name, filter }), instead: inside } : inside;
}

function interfacesOf({ interfaces }: Machine, wanted: string | undefined): string[] {
  if (wanted !== undefined) return [wanted];
  return interfaces.length === 1 ? interfaces.map(({ name }) => name) : ['any'];
}

async function openFile(path: string, cleanup: CleanupStack): Promise<Writable> {
  const stream = createWriteStream(path, { mode: 0o644 });
  const { promise, resolve: opened, reject } = Promise.withResolvers<void>();
  stream.once('open', () => opened()).once('error', (cause) => reject(new EnvironmentError(`cannot write ${path}: ${messageOf(cause)}`, { code: 'file-not-written', cause })));
  await promise;
  cleanup.add(`write ${path}`, async () => {
    stream.end();
    await finished(stream);
  });
  return stream;
}

function terminalError(machine: string): UsageError {
  return new UsageError('a capture is binary data, and standard output is a terminal', {
    code: 'capture-to-terminal',
    hint: `Write it to a file:  lab capture ${machine} -w ${machine}.pcap   or look at it live:  lab capture ${machine} | wireshark -k -i -`,
  });
}
