import { EnvironmentError } from '../core/errors.ts';
import { scriptFile } from '../core/files/script-file.ts';
import type { OutsideView, Shell } from '../ssh/shell.ts';
import { parseFindings, SECTION_MARK, type Findings } from './facts.ts';
import { bindAnswers, stateOf } from './bind-answer.ts';
import { execAsRoot } from './as-root.ts';
import { askOutside } from './ask-outside.ts';
import type { LookOptions } from './look-options.ts';
import {
  isPortOfSsh,
  SSH_PORT,
  type SocketHolder,
  type OtherConnection,
  type PortReport,
  type PortSource,
} from './port-report.ts';

import { joinAddress } from '../core/socket-address.ts';
import { toolWords } from '../core/text/tool-words.ts';
import { say } from '../core/language/say.ts';
import { parseSocketTable, type SocketRow } from './socket-table.ts';

export type { PortReport } from './port-report.ts';

const inspectScript = scriptFile(new URL('inspect.sh', import.meta.url));
const tryBindInPerl = scriptFile(new URL('try-bind.pl', import.meta.url));
const tryBindInPython = scriptFile(new URL('try-bind.py', import.meta.url));

const sources: ReadonlySet<string> = new Set<PortSource>(['kernel', 'ss', 'proc', 'lsof', 'netstat']);

/** A look takes milliseconds, and seconds on an emulated machine that is busy; this is for one that hangs. */
const LOOK_TIMEOUT_MS = 60_000;

/**
 * Who holds a port of a machine, and what bind(2) of a server would get there, in one round trip, without connecting to
 * it. From outside, where the machine is seen from there; else by its own tools, and a holder that the user may not see
 * is looked at through sudo, where that works without a password or with the one given; `blindSpot` says why where it
 * does not.
 *
 * @throws {EnvironmentError} when the machine has nothing to look with; what `Shell.exec` throws.
 */
export async function inspectPort(shell: Shell, port: number, options: LookOptions = {}): Promise<PortReport> {
  const { protocol = 'tcp', depth = 'bind' } = options;
  const findings = await look(shell, port, depth === 'bind' ? 'all' : depth, options);
  const source = findings.source as PortSource;
  const rows = Map.groupBy(parseSocketTable(source, findings.table, port), ({ state }) => kindOf(state));
  const holders = withoutRepeats((rows.get('holder') ?? []).flatMap((row) => holdersOf(row, findings)));
  const sockets = {
    holders,
    bound: withoutRepeats(
      findings.bound.flatMap((socket) => holdersOf({ ...socket, port, peer: '', state: '', pid: undefined }, findings)),
    ),
    timeWait: (rows.get('time-wait') ?? []).map((row) =>
      Object.assign(connectionOf(row), { remainingMs: row.remainingMs }),
    ),
    connections: (rows.get('other') ?? []).map((row): OtherConnection =>
      Object.assign(connectionOf(row), {
        state: row.state,
        process: holdersOf(row, findings).find(({ pid }) => pid !== undefined),
      }),
    ),
    bind: bindAnswers(shell.user, findings.bind),
  };
  // A machine that is looked at from outside is not reached over SSH; its server is there all the same.
  const sshPort = findings.sshPort ?? (shell.outside === undefined ? undefined : SSH_PORT);
  const isKnown = isPortOfSsh({ protocol, port, sshPort });
  return {
    machine: shell.machine,
    port,
    protocol,
    state: stateOf(sockets),
    ...sockets,
    source,
    raw: findings.table,
    blindSpot:
      !isKnown && holders.some(({ pid }) => pid === undefined)
        ? explainBlindSpot(shell, port, findings, options)
        : undefined,
    needsSudoPassword: findings.sudo === 'refused' && holders.length > 0,
    sshPort,
  };
}

function kindOf(state: string): 'holder' | 'time-wait' | 'other' {
  if (state === 'LISTEN' || state === 'UNCONN') return 'holder';
  return state === 'TIME_WAIT' ? 'time-wait' : 'other';
}

/**
 * Whether a socket listens on the port, or of UDP has it without a peer: a cheap, passive look at the machine's socket table, for a wait until a
 * server is ready.
 *
 * @throws as `inspectPort` does.
 */
export async function isListening(shell: Shell, port: number, options: LookOptions = {}): Promise<boolean> {
  const { source, table } = await look(shell, port, 'rows', options);
  return parseSocketTable(source as PortSource, table, port).some(({ state }) => kindOf(state) === 'holder');
}

/** A question of inspect.sh and port-outside.pl. */
interface Question {
  readonly port: number;
  readonly mode: 'all' | 'bound' | 'table' | 'rows';
}

async function look(shell: Shell, port: number, mode: Question['mode'], options: LookOptions): Promise<Findings> {
  const { outside } = shell;
  const result =
    outside === undefined
      ? await lookWithin(shell, { port, mode }, options)
      : { stdout: await lookOutside({ machine: shell.machine, outside }, { port, mode }, options), stderr: '' };
  const findings = parseFindings(result.stdout);
  if (findings !== undefined && sources.has(findings.source)) return findings;
  if (findings !== undefined) {
    throw new EnvironmentError(
      say`${shell.machine} has no ss, lsof, netstat or readable /proc/net/tcp to look at port ${port} with`,
      {
        code: 'port-tool-missing',
        hint: say`Install one of them on ${shell.machine}, for example: sudo apt-get install iproute2`,
      },
    );
  }
  throw new EnvironmentError(say`the look at port ${port} of ${shell.machine} broke off`, {
    code: 'port-look-failed',
    hint: say`Try by hand: lab exec ${shell.machine} -- ss -tlnp`,
    detail: toolWords(result.stderr) || undefined,
  });
}

function lookWithin(
  shell: Shell,
  { port, mode }: Question,
  { signal, sudoPassword, protocol = 'tcp' }: LookOptions,
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const texts = mode === 'rows' ? [] : [tryBindInPerl(), tryBindInPython()];
  const args = [String(port), mode, protocol, SECTION_MARK, ...texts];
  return execAsRoot(
    shell,
    { text: inspectScript(), args, sudoPassword },
    { timeoutMs: LOOK_TIMEOUT_MS, signal, endsByItself: true },
  );
}

function lookOutside(
  { machine, outside }: { readonly machine: string; readonly outside: OutsideView },
  { port, mode }: Question,
  { signal, protocol = 'tcp' }: LookOptions,
): Promise<string> {
  const texts = mode === 'rows' ? [] : [Buffer.from(tryBindInPerl()).toString('hex')];
  const question = ['port', port, mode, protocol, outside.userId, SECTION_MARK, ...texts];
  return askOutside({ machine, outside, question }, { limitMs: LOOK_TIMEOUT_MS, signal });
}

function connectionOf(row: SocketRow): { local: string; peer: string } {
  return { local: joinAddress(row.address, row.port), peer: row.peer };
}

/** The processes that have the socket of this row open; one without a PID when none is visible. */
function holdersOf(row: SocketRow, findings: Findings): SocketHolder[] {
  const pids = row.pid === undefined ? (findings.owners.get(row.inode ?? '') ?? []) : [row.pid];
  return pids.length > 0 ? pids.map((pid) => holderOf(row, pid, findings)) : [holderOf(row, undefined, findings)];
}

function holderOf(row: SocketRow, pid: number | undefined, { processes, userNames, above }: Findings): SocketHolder {
  const process = pid === undefined ? undefined : processes.get(pid);
  const uid = process?.uid ?? row.uid;
  return {
    address: row.address,
    port: row.port,
    pid,
    command: process?.command,
    user: uid === undefined ? undefined : (userNames.get(uid) ?? String(uid)),
    startedAtMs: process?.startedAtMs,
    identity: process?.identity,
    inode: row.inode,
    parent: process && { pid: process.parent, command: process.parentCommand },
    unit: process?.unit,
    carriesUs: pid !== undefined && above.has(pid),
  };
}

/** A process may listen twice on one address (SO_REUSEPORT) or have one socket open twice; it is listed once. */
function withoutRepeats(holders: readonly SocketHolder[]): SocketHolder[] {
  return [...new Map(holders.map((holder) => [`${holder.pid ?? holder.inode} ${holder.address}`, holder])).values()];
}

function explainBlindSpot(
  { machine, user }: Shell,
  port: number,
  { uid, sudo }: Findings,
  { sudoPassword }: LookOptions,
): string {
  const unseen = say`${user} may not see the process that holds port ${port} on ${machine}`;
  if (sudo === 'absent') return say`${unseen}, and sudo is not installed there. Look as root: lsof -i :${port}`;
  if (sudo === 'refused' && sudoPassword !== undefined)
    return say`${unseen}, and sudo does not take the password that it was given`;
  if (sudo === 'refused')
    return say`${unseen}, and sudo wants a password. Put it into LAB_SUDO_PASSWORD, or look there by hand: sudo lsof -i :${port}`;
  return uid === 0
    ? say`no process on ${machine} shows as the holder of port ${port}: it lives in another container, or in the kernel. Look on the host of ${machine}`
    : say`no process on ${machine} shows as the holder of port ${port}, not even to root: it lives in another container, or in the kernel. Look on the host of ${machine}`;
}
