import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EnvironmentError, messageOf } from '../../core/errors.ts';
import { say } from '../../core/language/say.ts';
import { retryUntil } from '../../core/time/retry.ts';
import { startDaemon, type Daemon } from '../../host/daemon.ts';
import { identify, isAlive, namespacePids, ownerOf, pathNow, processes, type ProcessId } from '../../host/processes.ts';
import { SEARCH_PATH } from './plan/ssh-files.ts';
import { encodePlan, setting, syscallNumber, type Operation } from './plan/operations.ts';
import { syscallNumbers } from './plan/syscalls.ts';
import { isOwnLabUser, type IdRange } from '../../host/subordinate-ids.ts';

const executor = fileURLToPath(new URL('executor.pl', import.meta.url));
/**
 * Stands in the arguments of every process of a lab on this host, between the executor's path and the lab's own label.
 */
const MARKER = '--lab';

export interface LabelledProcess extends ProcessId {
  readonly labId: string;
  readonly name: string;
  readonly stateFolder: string;
  /** PID 1 of the lab's PID namespace, whose end ends all else. */
  readonly isInit: boolean;
}

export interface LaunchOptions {
  readonly perl: string;
  readonly labId: string;
  readonly name: string;
  readonly stateFolder: string;
  readonly logFile: string;
  readonly libraryPath: string | undefined;
  readonly ids: IdentityMap;
  readonly signal: AbortSignal;
}

/** Which users a lab has. */
export type IdentityMap =
  /** Those of a user namespace that root makes later. */
  | { readonly kind: 'of-root' }
  /** Root is this user, the others are from the ranges; the two programs map them. */
  | {
      readonly kind: 'ranges';
      readonly uid: IdRange;
      readonly gid: IdRange;
      readonly newuidmap: string;
      readonly newgidmap: string;
    }
  /** Root is this user, and there is no other. */
  | { readonly kind: 'one-identity' };

/** A lab that is built and waits for the word: without `commit` it goes away with this process. */
export interface PreparedLab {
  readonly init: ProcessId;
  commit(): Promise<void>;
  abandon(): void;
}

/**
 * Starts the executor and waits until all machines of the plan listen.
 *
 * @throws {EnvironmentError} with what the kernel refused.
 */
export async function launchLab(plan: readonly Operation[], options: LaunchOptions): Promise<PreparedLab> {
  const command = [options.perl, executor, MARKER, options.labId, options.name, options.stateFolder];
  const daemon = startDaemon(command, { PATH: SEARCH_PATH, LC_ALL: 'C' });
  const stop = (): void => daemon.letGo();
  options.signal.addEventListener('abort', stop, { once: true });
  try {
    daemon.say(encodePlan([...settings(options), ...plan]));
    const pid = Number(await answer(daemon, 'pid'));
    const init = identify(pid);
    await answer(daemon, 'ready');
    if (!init) throw new Refusal(say`the lab ended at once`);
    return { init, commit: () => commit(daemon, stop, options.signal), abandon: stop };
  } catch (error) {
    stop();
    options.signal.throwIfAborted();
    throw error instanceof Refusal ? refused(error.message, lastWords(options.logFile)) : error;
  }
}

/** What not every host allows to a lab. */
export interface Allowance {
  /** Files of the host's root belong to root of the machines (idmapped layers: Linux 5.19, and a file system that can). */
  readonly mapped: boolean;
  /** Root is the only user of a machine, whatever its account files say. */
  readonly oneIdentity: boolean;
}

/**
 * As `launchLab`, first with all that this host may allow, and where something of it is refused, without it: files of
 * the host's root are then of nobody, as in an ordinary user's machines; an ordinary user whom newuidmap(1) refuses has
 * machines with one identity. There is no way without a user namespace.
 */
export async function launchAllowed(
  plan: (allowance: Allowance) => readonly Operation[],
  options: LaunchOptions,
): Promise<PreparedLab & { readonly allowance: Allowance }> {
  const all = { mapped: true, oneIdentity: options.ids.kind === 'one-identity' };
  const launch = async (allowance: Allowance, ids = options.ids): Promise<PreparedLab & { allowance: Allowance }> => ({
    ...(await launchLab(plan(allowance), { ...options, ids })),
    allowance,
  });
  try {
    return await launch(all);
  } catch (error) {
    const code = error instanceof EnvironmentError ? error.code : undefined;
    if (code !== 'idmap-refused' && code !== 'ids-refused') throw error;
    await endLab(options.labId);
    return code === 'idmap-refused'
      ? launch({ ...all, mapped: false })
      : launch({ ...all, oneIdentity: true }, { kind: 'one-identity' });
  }
}

async function commit(daemon: Daemon, stop: () => void, signal: AbortSignal): Promise<void> {
  signal.removeEventListener('abort', stop);
  daemon.say('commit\n');
  await answer(daemon, 'committed');
  daemon.letGo();
}

async function answer(daemon: Daemon, expected: string): Promise<string> {
  const { value, done } = await daemon.lines.next();
  if (done === true) throw new Refusal(say`the lab ended before it was ready`);
  const [word, ...rest] = value.split(' ');
  if (word === expected) return rest.join(' ');
  throw new Refusal(word === 'error' ? rest.join(' ') : say`unexpected answer "${value}"`);
}

/** What the executor says when it cannot go on. */
class Refusal extends Error {}

/**
 * Whether the kernel refused layers whose owners are mapped: either the mapping itself, or (before Linux 5.19) the
 * first overlay over them, of a machine or of the lab.
 */
export function isMappingRefused(reason: string): boolean {
  return /^layer .*: idmap: /.test(reason) || /^(machine \S+: )?mount overlay .*: Invalid argument$/.test(reason);
}

/** Whether newuidmap(1) or newgidmap(1) did, which says of no lab without a range that it could not be. */
function isRangeRefused(reason: string): boolean {
  return /^\S+ refused the range /.test(reason);
}

/** A setting of a machine that its network has not got, or that is one for all of the host. */
function sysctlRefused(reason: string): EnvironmentError | undefined {
  const [, machine, path, why] = /^machine (\S+): sysctl \/proc\/sys\/(\S+) .*?: ([^:]*)$/s.exec(reason) ?? [];
  if (machine === undefined || path === undefined || why === undefined) return undefined;
  const name = path.replaceAll('/', '.');
  return new EnvironmentError(say`machine ${machine} cannot have that ${name} in "sysctls": ${refusalWords(why)}`, {
    code: 'sysctl-refused',
    hint: say`Correct it, remove it from "sysctls", or use --provider qemu, whose machines have a kernel of their own.`,
  });
}

/** What a text of strerror(3) means for a setting of the kernel. */
function refusalWords(why: string): string {
  if (/No such file/.test(why))
    return say`the kernel of this host has no such setting for one network, or not that value`;
  if (/^(?:Permission denied|Operation not permitted|Read-only)/.test(why))
    return say`it can only be read: the kernel keeps it once for all networks, or works it out itself`;
  if (/^(?:Invalid argument|Numerical result)/.test(why)) return say`the kernel takes no such value`;
  return why;
}

function refused(reason: string, log: string): EnvironmentError {
  const ofSetting = sysctlRefused(reason);
  if (ofSetting) return ofSetting;
  const said = `${reason}${log === '' ? '' : ` (${log})`}`;
  return new EnvironmentError(say`this host refused to make the lab: ${said}`, {
    code: isMappingRefused(reason) ? 'idmap-refused' : isRangeRefused(reason) ? 'ids-refused' : 'netns-refused',
    hint: say`"lab doctor" says why, as far as it can be known, and what helps.`,
    data: { refused: said },
  });
}

/** The last line of what the helpers of a lab said. */
function lastWords(logFile: string): string {
  try {
    return readFileSync(logFile, 'utf8').trim().split('\n').at(-1) ?? '';
  } catch {
    return '';
  }
}

function settings({ ids, libraryPath, logFile }: LaunchOptions): Operation[] {
  const numbers = syscallNumbers[process.arch];
  if (!numbers)
    throw new EnvironmentError(say`the netns provider does not know the system calls of ${process.arch}`, {
      code: 'architecture-unknown',
      hint: say`Use --provider ssh with machines that exist, or --provider qemu.`,
    });
  return [
    ...Object.entries(numbers).map(([name, number]) => syscallNumber(name, number)),
    setting('log', logFile),
    ...(libraryPath === undefined ? [] : [setting('library_path', libraryPath)]),
    ...userNamespaceSettings(ids),
  ];
}

/** user_namespaces(7): root inside is the user outside; the other users come from the user's subordinate range. */
function userNamespaceSettings(ids: IdentityMap): Operation[] {
  if (ids.kind === 'of-root') return [];
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  const userns = setting('userns', 1);
  if (ids.kind === 'one-identity') return [userns, setting('uid_map', `0 ${uid} 1`), setting('gid_map', `0 ${gid} 1`)];
  return [
    userns,
    setting('newuidmap', ids.newuidmap),
    setting('newgidmap', ids.newgidmap),
    setting('uid_map', idMap(uid, ids.uid)),
    setting('gid_map', idMap(gid, ids.gid)),
  ];
}

function idMap(own: number, range: IdRange): string {
  return `0 ${own} 1 1 ${range.first} ${Math.min(range.count, 65_535)}`;
}

/**
 * All processes of labs of this user on this host, by the label in their arguments. Programs in a machine may give
 * themselves any arguments, so only those are believed that run outside of it.
 */
export function labelledProcesses(): LabelledProcess[] {
  const found: LabelledProcess[] = [];
  for (const { pid, args } of processes()) {
    const at = args.indexOf(MARKER);
    if (at !== 2 || args.length !== 6 || !args[1]?.endsWith('/executor.pl') || !isOwnLabUser(ownerOf(pid) ?? -1))
      continue;
    const id = identify(pid);
    const [isInit, isOutside] = [isLabInit(pid), namespacePids(pid).length === 1];
    if (id && (isInit || isOutside))
      found.push({ ...id, labId: args[3]!, name: args[4]!, stateFolder: args[5]!, isInit });
  }
  return found;
}

/** One PID namespace below ours, and first in it; a machine's init is two below. */
function isLabInit(pid: number): boolean {
  const pids = namespacePids(pid);
  return pids.length === 2 && pids[1] === 1;
}

/** Whether its machines have no user but root: its map (user_namespaces(7)) has one ID. */
export function hasOneIdentity({ pid }: ProcessId): boolean {
  try {
    return /^\s*0\s+\d+\s+1\s*$/.test(readFileSync(`/proc/${pid}/uid_map`, 'utf8'));
  } catch {
    return false;
  }
}

/** Where the `.lab` folder is now in which this process was started: its standard error is the log there. */
export function folderNow({ pid }: ProcessId): string | undefined {
  const log = pathNow(pid, 'fd/2');
  return log === undefined ? undefined : dirname(log);
}

/** The init of a lab, if it runs. */
export function findInit(labId: string): LabelledProcess | undefined {
  return labelledProcesses().find((process) => process.labId === labId && process.isInit);
}

/**
 * Ends all processes that carry the label, and waits until the kernel has ended what was below them. Safe when there
 * are none.
 */
export async function endLab(labId: string): Promise<LabelledProcess[]> {
  const found = labelledProcesses().filter((process) => process.labId === labId);
  for (const member of found) kill(member);
  await retryUntil(() => (found.some(isAlive) ? { seen: say`its processes are still there` } : { value: true }), {
    what: say`the end of lab ${labId}`,
    timeoutMs: 20_000,
    intervalMs: 2,
  });
  return found;
}

function kill(member: ProcessId): void {
  try {
    if (isAlive(member)) process.kill(member.pid, 'SIGKILL');
  } catch (error) {
    if (isAlive(member))
      throw new EnvironmentError(say`cannot end process ${member.pid}: ${messageOf(error)}`, {
        code: 'cannot-end',
        cause: error,
      });
  }
}
