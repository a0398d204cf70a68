import { createHash } from 'node:crypto';
import { allMachines } from '../core/all-machines.ts';
import { EnvironmentError } from '../core/errors.ts';
import { inStep } from '../core/events.ts';
import { quoteCommand } from '../core/text/shell-quote.ts';
import { listed } from '../core/text/suggest.ts';
import type { Machine } from '../lab/types.ts';
import type { AttachedMachine, Making, Provider, Work } from '../providers/provider.ts';
import type { ExecResult, Shell } from '../ssh/shell.ts';
import { MARK, noteSetUp } from './take-back.ts';
import { say } from '../core/language/say.ts';

/** Packages from far away, or a program that is compiled; a command that waits for input ends at once. */
const COMMAND_MS = 15 * 60_000;

/**
 * Runs what the lab file has machines do once: `setup`, and before it the installation of `packages` where the provider
 * has not installed them itself. A machine on which that was done since it started is left alone; several machines are
 * set up at a time.
 *
 * @throws {EnvironmentError} `setup-failed` with what the command said, `packages-failed`, `setup-needs-root`.
 */
export async function setUpMachines(
  machines: readonly AttachedMachine[],
  { features }: Provider,
  work: Making,
): Promise<void> {
  const asking = machines.flatMap((attached) => {
    const packages = features.installsPackages === true ? [] : (attached.machine.packages ?? []);
    const { setup = [] } = attached.machine;
    return packages.length + setup.length > 0 ? [{ attached, task: { packages, setup } }] : [];
  });
  if (asking.length === 0) return;
  if (!features.ownsMachines) {
    const closed = asking.filter(({ attached }) => attached.machine.ssh?.install !== true);
    await tellLeftAlone(
      closed.map(({ attached }) => attached.machine.name),
      work,
    );
    return setUpAll(
      asking.filter((one) => !closed.includes(one)),
      { ...work, isForeign: true },
    );
  }
  return setUpAll(asking, { ...work, isForeign: false });
}

/** A machine of someone else is changed only where the file says so. */
async function tellLeftAlone(names: readonly string[], { events }: Work): Promise<void> {
  if (names.length === 0) return;
  await events.emit({
    kind: 'notice',
    level: 'warning',
    message:
      names.length === 1
        ? say`"packages" and "setup" of ${listed(names)} are left out: lab did not make that machine`
        : say`"packages" and "setup" of ${listed(names)} are left out: lab did not make these machines`,
    hint: say`To have lab install there all the same, write under the machine: ssh: { install: true }`,
  });
}

interface Asking {
  readonly attached: AttachedMachine;
  readonly task: Task;
}

async function setUpAll(asking: readonly Asking[], work: Making & { readonly isForeign: boolean }): Promise<void> {
  if (asking.length === 0) return;
  await inStep(work.events, say`set up ${listed(asking.map(({ attached }) => attached.machine.name))}`, (progress) =>
    allMachines(
      asking.map(({ attached, task }) => setUp(attached, task, { ...work, progress })),
      work.signal,
    ),
  );
}

interface Task {
  readonly packages: readonly string[];
  readonly setup: readonly (readonly string[])[];
}

type Setting = Making & { readonly isForeign: boolean; readonly progress: (note: string) => void };

async function setUp(attached: AttachedMachine, task: Task, work: Setting): Promise<void> {
  const { machine } = attached;
  const shell = await (attached.connectAsRoot?.(work.signal) ?? attached.connect(work.signal));
  try {
    const asRoot = await rootOn(shell, work);
    const mark = createHash('sha256').update(JSON.stringify(task)).digest('hex');
    const done = await asRoot(['sh', '-c', `cat ${MARK} 2>/dev/null || :`]);
    if (done.stdout.trim() === mark) return;
    if (work.isForeign)
      await noteSetUp(work.journal, { machine: machine.name, packages: [], commands: task.setup.length > 0 });
    if (task.packages.length > 0) await installPackages(machine, task.packages, { asRoot, work });
    for (const command of task.setup) {
      work.progress(`${machine.name}: ${quoteCommand(command)}`);
      requireGood(machine, command, await asRoot(command));
    }
    await asRoot(['sh', '-c', `umask 022; echo "$1" >${MARK}`, 'sh', mark]);
  } finally {
    await shell.close();
  }
}

type Run = (command: readonly string[]) => Promise<ExecResult>;

/** @throws {EnvironmentError} when the account cannot become root without a password. */
async function rootOn(shell: Shell, { signal }: Work): Promise<Run> {
  const run: Run = (command) => shell.exec(command, { signal, timeoutMs: COMMAND_MS });
  if (shell.user === 'root') return run;
  const { exitCode, stderr } = await run(['sudo', '-n', 'true']);
  if (exitCode !== 0)
    throw new EnvironmentError(
      say`"packages" and "setup" of ${shell.machine} need root, and ${shell.user} cannot become root`,
      {
        code: 'setup-needs-root',
        detail: stderr.trim(),
        hint: say`Allow that account to use sudo without a password, or remove these fields and set the machine up by hand.`,
      },
    );
  return (command) => run(['sudo', '-n', '--', ...command]);
}

function requireGood(machine: Machine, command: readonly string[], result: ExecResult): void {
  const { exitCode, signal, stdout, stderr } = result;
  if (exitCode === 0) return;
  const words = quoteCommand(command);
  const message =
    exitCode === undefined
      ? say`setup of ${machine.name}: ${words} was ended by signal ${signal ?? '?'}`
      : exitCode === 127
        ? say`setup of ${machine.name}: ${words} was not found`
        : say`setup of ${machine.name}: ${words} ended with status ${exitCode}`;
  throw new EnvironmentError(message, {
    code: 'setup-failed',
    detail: `${stdout}${stderr}`.trim(),
    hint: say`Correct the command under "setup" of that machine, then run "lab up" again.`,
    data: { machine: machine.name, command, exitCode },
  });
}

interface Means {
  readonly asRoot: Run;
  readonly work: Setting;
}

/** By the machine's own APT, from its own sources. */
async function installPackages(machine: Machine, packages: readonly string[], { asRoot, work }: Means): Promise<void> {
  const names = packages.map((name) => name.split('=')[0]!);
  const known = await asRoot(['dpkg-query', '-W', '-f', '${Package} ${Status}\\n', ...names]);
  const isThere = (name: string): boolean => known.stdout.split('\n').includes(`${name} install ok installed`);
  const missing = packages.filter((_, index) => !isThere(names[index]!));
  if (missing.length === 0) return;
  if (work.offline)
    throw new EnvironmentError(say`no "packages" for ${machine.name}: ${missing.join(', ')} must be downloaded`, {
      code: 'packages-missing',
      hint: say`Run "lab up" once without --offline.`,
    });
  work.progress(say`${machine.name}: install ${missing.join(', ')}`);
  const aptGet = ['env', 'DEBIAN_FRONTEND=noninteractive', 'LC_ALL=C.UTF-8', 'apt-get', '-qq', '-y'];
  // An old list is as good as none only for what it does not name; so the answer that counts is that of the installation.
  await asRoot([...aptGet, 'update']);
  const install = ['--no-install-recommends', 'install', ...missing];
  if (work.isForeign) {
    const plan = await asRoot([...aptGet.slice(0, -2), '-s', ...install]);
    const news = [...plan.stdout.matchAll(/^Inst (\S+) \(/gm)].map(([, name = '']) => name);
    await noteSetUp(work.journal, { machine: machine.name, packages: news, commands: false });
  }
  const { exitCode, stdout, stderr } = await asRoot([...aptGet, ...install]);
  if (exitCode === 0) return;
  throw new EnvironmentError(say`the packages of ${machine.name} cannot be installed: ${missing.join(', ')}`, {
    code: 'packages-failed',
    detail: `${stdout}${stderr}`.trim(),
    hint: say`The machine downloads them by its own APT, for which it needs a way out (nat: true).`,
  });
}
