import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { EnvironmentError, systemCode } from '../../../core/errors.ts';
import { counted, say } from '../../../core/language/say.ts';
import { downloadPackages } from '../../../host/apt-get.ts';
import type { Lab, Machine } from '../../../lab/types.ts';
import { generateKeyPair } from '../../../ssh/keys/key-pair.ts';
import { connectShell } from '../../../ssh/connect.ts';
import { privateKeyCredential } from '../../../ssh/login/credential.ts';
import { onlyHostKeys } from '../../../ssh/trust/host-key.ts';
import type { ExecResult, Shell } from '../../../ssh/shell.ts';
import { replaceFileSync } from '../../../state/files/own-file.ts';
import { identityMap, need } from '../identity-map.ts';
import { keepInstallBase } from '../install-base.ts';
import { endLab, labelledProcesses, launchAllowed, type Allowance } from '../lab-process.ts';
import { keepLimits, limitMeans } from '../machine-limits.ts';
import { accountFiles } from '../plan/account-files.ts';
import { planLab } from '../plan/namespace-plan.ts';
import { ARCHIVES, LAYER } from '../plan/packages/package-layers.ts';
import type { Operation } from '../plan/operations.ts';
import type { HostFacts } from '../plan/plan-input.ts';
import { wallOptions } from '../walls.ts';
import { FILES, makeLayersFolder, MANIFEST, type Manifest } from './layer-store.ts';

const finish = readFileSync(new URL('finish-layer.pl', import.meta.url), 'utf8');
/** Installing takes as long as it takes; a package that asks for something would wait for ever. */
const INSTALL_MS = 20 * 60_000;
const FINISH_MS = 60_000;

/** The machine on which packages are installed: without a network, and gone when they are. */
const machine: Machine = {
  name: 'packages',
  user: 'lab',
  interfaces: [],
  memoryMiB: undefined,
  cpus: undefined,
  processes: 4096,
};

const LAB_PREFIX = 'packages-';

export interface BuildOptions {
  readonly host: HostFacts;
  readonly onProgress: (note: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Makes the layer of that key: downloads the packages with what they need, installs them on a machine of its own, and
 * keeps what that wrote. It is there whole or not at all; when another lab makes it at the same time, one of the two
 * stays.
 *
 * @throws {EnvironmentError} when a package cannot be had or cannot be installed, with what was said.
 */
export async function buildLayer(key: string, packages: readonly string[], options: BuildOptions): Promise<void> {
  const folder = makeLayersFolder();
  const work = mkdtempSync(join(folder, `${key}.new-`));
  try {
    const archives = await downloadPackages(packages, { ...options, work });
    for (const name of [FILES, 'work', 'state', 'state/mnt', 'state/sockets', 'cache/archives'])
      mkdirSync(join(work, name), { recursive: true });
    const manifest = archives.length === 0 ? emptyLayer : await install(work, archives, options);
    replaceFileSync(join(work, MANIFEST), JSON.stringify(manifest));
    for (const name of readdirSync(work)) if (name !== FILES && name !== MANIFEST) remove(join(work, name));
    putInPlace(work, join(folder, key));
    removeUnused(folder);
  } finally {
    tryRemove(work);
  }
}

/** This host has all of it already. */
const emptyLayer: Manifest = { names: [], owners: [], accounts: { passwd: [], group: [] } };

async function install(work: string, archives: readonly string[], options: BuildOptions): Promise<Manifest> {
  const { host, onProgress, signal } = options;
  onProgress(say`installing ${counted(archives.length, 'package')}`);
  const labId = `${LAB_PREFIX}${randomBytes(6).toString('hex')}`;
  const keys = { user: generateKeyPair('packages'), host: generateKeyPair('packages') };
  const state = join(work, 'state');
  const lab: Lab = {
    name: 'packages',
    provider: 'netns',
    file: '',
    folder: work,
    networks: new Map(),
    machines: new Map([[machine.name, machine]]),
    programs: new Map(),
    scenarios: new Map(),
  };
  const limits = keepLimits(lab, labId, limitMeans(undefined));
  const plan = (allowance: Allowance): readonly Operation[] => {
    if (!allowance.mapped && host.installBase !== undefined) keepInstallBase({ ofPrograms: true });
    return planLab(lab, host, {
      mountPoint: join(state, 'mnt'),
      socketFolder: join(state, 'sockets'),
      keys: { user: keys.user.publicKey, hosts: new Map([[machine.name, keys.host]]), clients: new Map() },
      machineIds: new Map(),
      making: { folder: work, archives: join(work, 'cache/archives') },
      limits,
      ...wallOptions(labId, allowance),
    });
  };
  const launch = { perl: need('perl'), labId, name: lab.name, stateFolder: state, logFile: join(state, 'netns.log') };
  const prepared = await launchAllowed(plan, { ...launch, libraryPath: undefined, ids: identityMap(), signal });
  try {
    const shell = await connectShell({
      credentials: [privateKeyCredential(keys.user.privateKey)],
      hostKeys: onlyHostKeys([keys.host.publicKey]),
      machine: machine.name,
      user: 'root',
      address: { socketPath: join(state, 'sockets', `${machine.name}.sock`) },
      timeoutMs: 30_000,
      signal,
    });
    try {
      await runInstaller(shell, archives, signal).catch(async (error: unknown) => {
        // What belongs to other users could not be removed here.
        await runFinish(shell).catch(() => undefined);
        throw error;
      });
      return await finishLayer(shell, join(work, FILES), { host, ...prepared.allowance });
    } finally {
      await shell.close();
    }
  } finally {
    prepared.abandon();
    await endLab(labId);
  }
}

/** Without a network, so that nothing comes from elsewhere than the checked packages. */
async function runInstaller(shell: Shell, archives: readonly string[], signal: AbortSignal): Promise<void> {
  const settings = ['APT::Sandbox::User=root', 'APT::Install-Recommends=0', 'Dpkg::Use-Pty=0'];
  const dpkg = ['--force-unsafe-io', '--force-confdef', '--force-confold'].map((option) => `Dpkg::Options::=${option}`);
  const options = [...settings, ...dpkg].flatMap((option) => ['-o', option]);
  const files = archives.map((path) => `${ARCHIVES}/${basename(path)}`);
  const { exitCode, stdout, stderr } = await shell.exec(
    [
      'env',
      'DEBIAN_FRONTEND=noninteractive',
      'LC_ALL=C.UTF-8',
      'apt-get',
      '-qq',
      '-y',
      ...options,
      'install',
      ...files,
    ],
    { timeoutMs: INSTALL_MS, signal },
  );
  if (exitCode === 0) return;
  throw new EnvironmentError(say`the packages cannot be installed on machines of this host`, {
    code: 'packages-failed',
    detail: `${stdout}${stderr}`.trim(),
    hint: say`The output above names the package; leave it out of "packages" to bring the lab up without it.`,
  });
}

/** Without a signal: it has to be done for what is given up as well. */
async function runFinish(shell: Shell): Promise<ExecResult> {
  return shell.exec(['perl', '-', `${LAYER}/${FILES}`], { input: finish, timeoutMs: FINISH_MS });
}

async function finishLayer(
  shell: Shell,
  files: string,
  { host, oneIdentity }: Pick<BuildOptions, 'host'> & Allowance,
): Promise<Manifest> {
  const { exitCode, stdout, stderr } = await runFinish(shell);
  if (exitCode !== 0)
    throw new EnvironmentError(say`what the packages brought cannot be kept`, {
      code: 'packages-failed',
      detail: stderr.trim(),
    });
  const records = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t').map(decodeField));
  const of = (kind: string): string[][] => records.filter(([name]) => name === kind).map((fields) => fields.slice(1));
  const before = accountFiles(machine, host.accounts, { oneIdentity });
  const added = (kind: 'passwd' | 'group'): string[] => {
    const known = new Set(before[kind].split('\n'));
    return of(kind).flatMap(([line = '']) => (known.has(line) ? [] : [line]));
  };
  return {
    names: readdirSync(files),
    owners: of('owner').map(([path = '', uid, gid, mode = '']) => ({
      path,
      uid: Number(uid),
      gid: Number(gid),
      mode: Number.parseInt(mode, 8),
    })),
    accounts: { passwd: added('passwd'), group: added('group').map(withoutBuilder) },
  };
}

/** The user of the machine is none of those to come. */
function withoutBuilder(line: string): string {
  const [fields, members] = [line.split(':').slice(0, 3), line.split(':')[3] ?? ''];
  return [
    ...fields,
    members
      .split(',')
      .filter((name) => name !== machine.user)
      .join(','),
  ].join(':');
}

function decodeField(field: string): string {
  return field.replaceAll(/%([0-9A-F]{2})/g, (_match, digits: string) =>
    String.fromCodePoint(Number.parseInt(digits, 16)),
  );
}

function putInPlace(made: string, place: string): void {
  // What is there already and was not found is damaged, or another lab was quicker.
  if (existsSync(join(place, MANIFEST))) return;
  remove(place);
  try {
    renameSync(made, place);
  } catch (error) {
    if (systemCode(error) !== 'ENOTEMPTY' && systemCode(error) !== 'EEXIST') throw error;
  }
}

const DAY_MS = 24 * 60 * 60_000;
const UNUSED_DAYS = 30;

/** Layers that no lab has used for long, and what a killed lab left; not while machines run, which may have them. */
function removeUnused(folder: string): void {
  if (labelledProcesses().some(({ labId }) => !labId.startsWith(LAB_PREFIX))) return;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const days = (Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity)) / DAY_MS;
    if (days > (name.includes('.') ? 1 : UNUSED_DAYS)) tryRemove(path);
  }
}

/** Of a lab that was killed, files may be left that belong to its other users. */
function tryRemove(path: string): void {
  try {
    remove(path);
  } catch {
    // It is in no one's way.
  }
}

/** Also what a program closed to itself, as overlayfs does with a folder that it works in. */
function remove(path: string): void {
  const closed = join(path, 'work');
  if (existsSync(closed)) openAll(closed);
  if (basename(path) === 'work') openAll(path);
  rmSync(path, { recursive: true, force: true });
}

function openAll(folder: string): void {
  chmodSync(folder, 0o700);
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) openAll(join(folder, entry.name));
}
