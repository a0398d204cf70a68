import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EnvironmentError } from '../core/errors.ts';
import { parseJson } from '../core/json/json-text.ts';
import { fitting, object, port, text } from '../core/json/shape.ts';
import { say } from '../core/language/say.ts';
import { retryUntil } from '../core/time/retry.ts';
import { inTime } from '../core/time/time-limit.ts';
import { startDaemon, type Daemon } from '../host/daemon.ts';
import { portOwner } from '../host/situation/port-owner.ts';
import { identify, isAlive, namespacePids, ownerOf, processes, type ProcessId } from '../host/processes.ts';
import type { Publication } from '../lab/types.ts';
import type { JournalEntry, ProviderJournal } from '../providers/provider.ts';
import { readOwnFile, removeOwn, replaceFileSync } from '../state/files/own-file.ts';

/** Kind of the record of the process that has the published ports, and its word on the command line. */
const KIND = 'forward';
/** How long it may take to open its ports; it logs in to machines that are not lab's own first. */
const START_MS = 60_000;

const main = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../cli/main.ts' : 'main.js', import.meta.url));

/** Which lab's ports are published, and by which process. */
export interface ForwardOrder {
  readonly labId: string;
  readonly stateFolder: string;
  /** The process ends when the order in the folder has another one: there is a new order, or no lab any more. */
  readonly token: string;
}

/** What the process says when it has begun, in one line of JSON. */
export type ForwardAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'port'; readonly code: string; readonly address: string; readonly port: number }
  | { readonly kind: 'failed'; readonly message: string; readonly hint: string };

/** A lab whose lock is held. */
export interface PublishingLab extends Pick<ForwardOrder, 'labId' | 'stateFolder'> {
  readonly journal: ProviderJournal;
  readonly signal: AbortSignal;
}

/**
 * Sees to it that this host has the published ports: by a process of the lab's own, which is started when there is none,
 * or one for other ports. Costs nothing where none is published.
 *
 * @throws {EnvironmentError} `host-port-taken`, `host-port-forbidden`, `publish-failed`.
 */
export async function keepPublished(
  published: readonly Publication[],
  { labId, stateFolder, journal, signal }: PublishingLab,
): Promise<void> {
  const specs = published.map(specOf);
  const before = readOrder(stateFolder);
  if (before === undefined && specs.length === 0) return;
  const running = forwardersOf(labId);
  if (before?.specs === specs.join(' ') && running.some(({ token }) => token === before.token)) return;
  await endForwarders(stateFolder, labId);
  if (specs.length === 0) return;
  const order = { labId, stateFolder, token: randomUUID() };
  await journal.append({ kind: KIND, token: order.token });
  replaceFileSync(orderFile(stateFolder), JSON.stringify({ token: order.token, specs: specs.join(' ') }), {
    durable: false,
  });
  const daemon = startDaemon([process.execPath, main, KIND, labId, order.token, stateFolder], withoutUndefined(), {
    logFile: logFile(stateFolder),
  });
  try {
    await requireReady(daemon, signal);
  } catch (error) {
    await endForwarders(stateFolder, labId);
    throw error;
  } finally {
    daemon.letGo();
  }
}

/** The codes of `keepPublished`. */
export const publishCodes: ReadonlySet<string> = new Set(['host-port-taken', 'host-port-forbidden', 'publish-failed']);

/** Ends the process that has the published ports of a lab, if the journal says that there may be one. */
export async function endPublished(
  records: readonly JournalEntry[],
  { stateFolder, labId }: Pick<ForwardOrder, 'stateFolder' | 'labId'>,
): Promise<void> {
  if (records.some(({ kind }) => kind === KIND)) await endForwarders(stateFolder, labId);
}

/** Whether the ports of this lab are open now; undefined where nobody can tell: on other systems than Linux. */
export function isPublishing(labId: string): boolean | undefined {
  return process.platform === 'linux' ? forwardersOf(labId).length > 0 : undefined;
}

/** Whether the order with that token still holds. */
export function isOrdered({ stateFolder, token }: Pick<ForwardOrder, 'stateFolder' | 'token'>): boolean {
  return readOrder(stateFolder)?.token === token;
}

async function endForwarders(stateFolder: string, labId: string): Promise<void> {
  // Where processes cannot be looked for, this ends it, too.
  removeOwn(orderFile(stateFolder));
  const found = forwardersOf(labId);
  for (const one of found) if (isAlive(one)) process.kill(one.pid, 'SIGKILL');
  await retryUntil(() => (found.some(isAlive) ? { seen: say`its process is still there` } : { value: true }), {
    what: say`the published ports to close`,
    timeoutMs: 10_000,
    intervalMs: 5,
  });
  removeOwn(logFile(stateFolder));
}

function logFile(stateFolder: string): string {
  return join(stateFolder, 'forward.log');
}

/** Of this user, and outside of machines: programs there may give themselves any arguments. */
function forwardersOf(labId: string): (ProcessId & { readonly token: string })[] {
  return [...processes()].flatMap(({ pid, args }) => {
    if (args.length !== 6 || args[2] !== KIND || args[3] !== labId) return [];
    if (ownerOf(pid) !== process.getuid?.() || namespacePids(pid).length !== 1) return [];
    const id = identify(pid);
    return id === undefined ? [] : [{ ...id, token: args[4]! }];
  });
}

function specOf({ machine, port: ofMachine, hostPort, address }: Publication): string {
  return `${address ?? ''}:${hostPort}:${machine}:${ofMachine}`;
}

function orderFile(stateFolder: string): string {
  return join(stateFolder, 'forward.json');
}

const storedOrder = object({ token: text, specs: text });

function readOrder(stateFolder: string): { readonly token: string; readonly specs: string } | undefined {
  const file = readOwnFile(orderFile(stateFolder));
  return typeof file === 'string' ? undefined : fitting(storedOrder, parseJson(file.text));
}

function withoutUndefined(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

const portAnswer = object({ kind: text, code: text, address: text, port });
const failedAnswer = object({ kind: text, message: text, hint: text });

/** Only ends the wait: why nothing was heard is said then. */
function tooLate(): Error {
  return new Error('late');
}

async function requireReady(daemon: Daemon, signal: AbortSignal): Promise<void> {
  const line = await inTime(daemon.lines.next(), { limitMs: START_MS, signal, late: tooLate }).catch(() => undefined);
  signal.throwIfAborted();
  const answer = line === undefined || line.done === true ? undefined : parseJson(line.value);
  if ((answer as { kind?: unknown } | undefined)?.kind === 'ready') return;
  const notHad = fitting(portAnswer, answer);
  if (notHad !== undefined) throw portFailure(notHad);
  const failed = fitting(failedAnswer, answer);
  throw new EnvironmentError(
    failed === undefined
      ? say`the published ports cannot be opened`
      : say`the published ports lead nowhere: ${failed.message}`,
    { code: 'publish-failed', hint: failed?.hint || say`Look into .lab/forward.log.` },
  );
}

function portFailure({
  code,
  address,
  port: number,
}: {
  code: string;
  address: string;
  port: number;
}): EnvironmentError {
  const place = address === '::1' ? `[::1]:${number}` : `${address}:${number}`;
  if (code === 'EACCES')
    return new EnvironmentError(
      say`port ${number} of this host is only for root: ordinary users have those from 1024 on`,
      {
        code: 'host-port-forbidden',
        hint: say`Publish it on another one, for example publish: [${8000 + (number % 1000)}:PORT]. Then: lab up`,
      },
    );
  const owner = code === 'EADDRINUSE' ? portOwner(number) : undefined;
  const holder =
    owner === undefined ? say`another program holds it` : say`process ${owner.pid} holds it (${owner.command})`;
  return new EnvironmentError(
    say`${place} of this host cannot be published: ${code === 'EADDRINUSE' ? holder : code}`,
    {
      code: 'host-port-taken',
      hint: say`End that program, or choose another port of this host in "publish". The machines stay up; then: lab up`,
      data: { address, port: number, pid: owner?.pid },
    },
  );
}
