import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { EnvironmentError } from '../../core/errors.ts';
import { inStep, type EventSink } from '../../core/events.ts';
import { say } from '../../core/language/say.ts';
import type { LinkCaptureRequest } from '../../packets/link-capture.ts';
import { hostSystem } from '../../host/host-system.ts';
import { findTool } from '../../host/tools.ts';
import { HOST_IMAGE } from '../../lab/defaults.ts';
import { connectUnix } from '../../host/unix-socket.ts';
import type { Lab, Machine } from '../../lab/types.ts';
import { connectPorts, connectShell } from '../../ssh/connect.ts';
import type { ShellTarget } from '../../ssh/target.ts';
import { EnteredShell } from '../../ssh/entered/entered-shell.ts';
import type { OutsideView, Shell } from '../../ssh/shell.ts';
import { privateKeyCredential } from '../../ssh/login/credential.ts';
import { onlyHostKeys } from '../../ssh/trust/host-key.ts';
import { makeOwnFolder, removeOwn, replaceFileSync } from '../../state/files/own-file.ts';
import { samePlace } from '../../state/place.ts';
import type {
  AttachedMachine,
  CheckOptions,
  LabelledLab,
  LabPlace,
  Making,
  Provider,
  ProviderFeatures,
  ProviderState,
  Requirement,
} from '../provider.ts';
import { keepInstallBase } from './install-base.ts';
import { gatherHostFacts, runtimeOfThisProcess } from './host-facts.ts';
import { userKeyPath } from '../lab-keys.ts';
import { captureOver } from '../capture-socket.ts';
import { netfilterOver } from '../netfilter-socket.ts';
import { lookOver } from '../outside-view.ts';
import { knownHosts } from '../peer-files.ts';
import { hasFormerKeys, planKeys, readCredentials, removeFormerKeys, type Credentials } from './namespace-keys.ts';
import {
  endLab,
  findInit,
  folderNow,
  hasOneIdentity,
  labelledProcesses,
  launchAllowed,
  type Allowance,
  type LaunchOptions,
} from './lab-process.ts';
import { planLab } from './plan/namespace-plan.ts';
import type { PackageLayer } from './plan/packages/layer-types.ts';
import type { HostFacts } from './plan/plan-input.ts';
import { userIdOf } from './plan/account-files.ts';
import { CAPTURE_SOCKET, NETFILTER_SOCKET, OUTSIDE_SOCKET } from './plan/stage-paths.ts';
import { encodeFields } from './plan/operations.ts';
import { groupsFile, makeLimits, type KeptLimits, memoryKills, takeBackLimits } from './kept-limits.ts';
import { limitsNote, limitsNotice } from './limit-words.ts';
import { packagesOfMachines } from './packages/machine-packages.ts';
import { probe } from './probe-lab.ts';
import { hasWayOut, oneIdentityRemark, staticRequirements } from './requirements.ts';
import { identityMap, need } from './identity-map.ts';
import { ownsHost, wallOptions } from './walls.ts';

/**
 * Machines made from namespaces of this host: network, mount, PID, UTS and IPC, an overlay over the host's programs,
 * real OpenSSH. The whole lab lives in one PID and network namespace of its own, so nothing appears in the host's
 * network, and the end of one process is the end of the lab. Needs root, or user namespaces.
 */
export class NetnsProvider implements Provider {
  readonly name = 'netns';
  readonly features: ProviderFeatures = {
    ownsMachines: true,
    installsPackages: true,
    withoutSudo: true,
    sharesPrograms: true,
    system: { kind: 'host' },
  };

  async check({ thorough = false }: CheckOptions): Promise<Requirement[]> {
    const requirements = staticRequirements();
    const ready = requirements.every(({ status }) => status !== 'missing');
    return thorough && ready ? [...requirements, ...(await probe())] : requirements;
  }

  async up(lab: Lab, place: LabPlace, making: Making): Promise<ProviderState> {
    const { labId, stateFolder } = place;
    if (findInit(labId)) return {};
    await making.journal.append({ kind: 'netns-lab', labId, folders: workFolders(stateFolder) });
    const host = {
      ...gatherHostFacts(runtimeOfThisProcess()),
      installBase: keepInstallBase({ ofPrograms: !ownsHost() }),
    };
    const packages = await packagesOfMachines(lab, host, making);
    await inStep(
      making.events,
      say`make ${lab.machines.size} machines`,
      () => build(lab, place, making, { host, packages }),
      (kept) => limitsNote(lab, kept),
    );
    return {};
  }

  async attach(
    machines: readonly Machine[],
    _state: ProviderState,
    { labId, stateFolder }: LabPlace,
  ): Promise<AttachedMachine[]> {
    const init = findInit(labId);
    const running = init !== undefined;
    const oneIdentity = init !== undefined && hasOneIdentity(init);
    const reachesOutside = existsSync(join(stateFolder, 'sockets', OUTSIDE_SOCKET));
    let read: Credentials | undefined;
    const side: LabSide = {
      stateFolder,
      // At the first connection, for all of them.
      credentials: () => (read ??= readCredentials(stateFolder)),
      system: hostSystem(),
      remark: remarkOn({ stateFolder, oneIdentity, isOfAnother: running && !reachesOutside }),
      oneIdentity,
      capturesLinks: existsSync(join(stateFolder, 'sockets', CAPTURE_SOCKET)),
      reachesNetfilter: existsSync(join(stateFolder, 'sockets', NETFILTER_SOCKET)),
      reachesOutside,
    };
    return machines.map((machine) => attached(machine, running, side));
  }

  async list(): Promise<LabelledLab[]> {
    const groups = Map.groupBy(labelledProcesses(), ({ labId }) => labId);
    return [...groups].map(([labId, members]) => {
      const { name, stateFolder } = members[0]!;
      return {
        labId,
        name,
        stateFolder,
        folderNow: folderNow(members.find(({ isInit }) => isInit) ?? members[0]!),
        pids: members.map(({ pid }) => pid),
      };
    });
  }

  async down({ labId, stateFolder }: LabPlace): Promise<string[]> {
    const ended = await endLab(labId);
    takeBackLimits(labId, stateFolder);
    if (!someLabWorksIn(stateFolder)) removeWork(stateFolder);
    return ended.filter(({ isInit }) => isInit).map(({ pid }) => say`all machines (init was PID ${pid})`);
  }
}

interface Ingredients {
  readonly host: HostFacts;
  readonly packages: ReadonlyMap<string, PackageLayer>;
}

async function build(
  lab: Lab,
  place: LabPlace,
  { events, signal, journal }: Making,
  { host: facts, packages }: Ingredients,
): Promise<KeptLimits> {
  const { labId, stateFolder } = place;
  takeBackLimits(labId, stateFolder);
  removeWork(stateFolder);
  for (const folder of workFolders(stateFolder)) makeOwnFolder(folder);
  const host = withWayOut(facts, lab, events);
  const launch = launchOptions(lab, place, signal);
  removeFormerKeys(stateFolder);
  const keys = planKeys(lab, stateFolder);
  replaceFileSync(
    knownHostsFile(stateFolder),
    knownHosts(lab.machines.values(), (name) => keys.hosts.get(name)!.publicKey),
    { durable: false },
  );
  const kept = makeLimits(lab, labId, stateFolder);
  for (const notice of limitsNotice(lab, kept)) void events.emit(notice);
  const prepared = await launchAllowed((allowance) => {
    requireRights(lab, allowance);
    if (!allowance.mapped && facts.installBase !== undefined) keepInstallBase({ ofPrograms: true });
    return planLab(lab, host, {
      mountPoint: join(stateFolder, 'mnt'),
      socketFolder: join(stateFolder, 'sockets'),
      keys,
      machineIds: new Map([...lab.machines.keys()].map((name) => [name, randomBytes(16).toString('hex')])),
      packages,
      ...wallOptions(labId, allowance),
      limits: kept.limits,
    });
  }, launch);
  await journal.append({ kind: 'process', ...prepared.init });
  await prepared.commit();
  return kept;
}

/** Where everybody is root, nobody has fewer rights; a wall that cannot be built is an error, not a wish. */
function requireRights(lab: Lab, { oneIdentity }: Allowance): void {
  const [name] = [...lab.machines.values()].filter(({ sudo }) => sudo === false).map((machine) => machine.name);
  if (!oneIdentity || name === undefined) return;
  throw new EnvironmentError(say`"sudo: false" of machine ${name} cannot be kept: ${oneIdentityRemark().message}`, {
    code: 'sudo-not-kept',
    hint: say`Do what is said after "for all", or remove that line from the lab file.`,
  });
}

/** Without a way to the outside the machines still reach each other; that is worth a warning, not a failure. */
function withWayOut(host: HostFacts, lab: Lab, events: EventSink): HostFacts {
  const wanted = [...lab.networks.values()].some(({ nat }) => nat);
  if (!wanted || hasWayOut()) return host;
  void events.emit({
    kind: 'notice',
    level: 'warning',
    message: say`machines will not reach beyond the lab`,
    hint: say`"lab doctor" says what the way out needs.`,
  });
  return { ...host, slirp4netns: undefined };
}

function launchOptions(lab: Lab, { labId, stateFolder }: LabPlace, signal: AbortSignal): LaunchOptions {
  const libraryPath = [findTool('nft'), findTool('slirp4netns')].find(
    (tool) => tool?.env['LD_LIBRARY_PATH'] !== undefined,
  )?.env['LD_LIBRARY_PATH'];
  return {
    perl: need('perl'),
    labId,
    name: lab.name,
    stateFolder,
    logFile: logFile(stateFolder),
    libraryPath,
    ids: identityMap(),
    signal,
  };
}

interface Remarkable {
  readonly stateFolder: string;
  readonly oneIdentity: boolean;
  /** Another version of lab made them. */
  readonly isOfAnother: boolean;
}

function remarkOn({ stateFolder, oneIdentity, isOfAnother }: Remarkable): AttachedMachine['remark'] {
  if (hasFormerKeys(stateFolder)) return formerKeysRemark;
  if (isOfAnother) return anotherLabRemark;
  return oneIdentity ? oneIdentityRemark() : undefined;
}

const anotherLabRemark = {
  message: say`these machines were made by another version of lab: they are reached over their own sshd, and looked at with their own tools`,
  hint: say`Make them again with this one: lab up --recreate`,
};

const formerKeysRemark = {
  message: say`these machines were made by an older lab: they share one host key, and each can log in to the others`,
  hint: say`Give each its own: lab up --recreate`,
};

/** What all machines of a lab have in common. */
interface LabSide {
  readonly stateFolder: string;
  readonly credentials: () => Credentials;
  /** They run the programs of this host. */
  readonly system: string | undefined;
  readonly remark: AttachedMachine['remark'];
  readonly oneIdentity: boolean;
  readonly capturesLinks: boolean;
  readonly reachesNetfilter: boolean;
  readonly reachesOutside: boolean;
}

function attached(machine: Machine, running: boolean, side: LabSide): AttachedMachine {
  const { stateFolder, system, remark, capturesLinks, reachesNetfilter } = side;
  const captures = join(stateFolder, 'sockets', CAPTURE_SOCKET);
  const netfilter = join(stateFolder, 'sockets', NETFILTER_SOCKET);
  return {
    machine,
    running,
    runs: { image: HOST_IMAGE, system },
    ...(remark && { remark }),
    connect: (signal) => enter(machine, side, signal),
    connectAsRoot: (signal) => enter({ ...machine, user: 'root' }, side, signal),
    connectPorts: (signal) => connectPorts(loginTo(machine, side, signal)),
    sshConfig: new Map([
      ['User', machine.user],
      ['IdentityFile', userKeyPath(stateFolder)],
      ['IdentitiesOnly', 'yes'],
      ['HostKeyAlias', machine.name],
      ['UserKnownHostsFile', knownHostsFile(stateFolder)],
      ['StrictHostKeyChecking', 'yes'],
    ]),
    socketPath: machineSocket(stateFolder, machine.name),
    memoryKills: () => memoryKills(stateFolder, logFile(stateFolder), machine.name),
    ...(capturesLinks && {
      captureLink: (request: LinkCaptureRequest) =>
        captureOver(
          connectUnix(captures),
          { machine: machine.name, line: encodeFields([machine.name, request.interface, request.filter]) },
          request,
        ),
    }),
    ...(reachesNetfilter && {
      netfilter: (signal: AbortSignal) => netfilterOver(connectUnix(netfilter), machine.name, signal),
    }),
  };
}

/** From outside, where the lab was made with that; else as a user does. */
async function enter(machine: Machine, side: LabSide, signal: AbortSignal | undefined): Promise<Shell> {
  const { name, user } = machine;
  const socket = join(side.stateFolder, 'sockets', OUTSIDE_SOCKET);
  if (!side.reachesOutside) return connectShell(loginTo(machine, side, signal));
  const way = (): Socket => connectUnix(socket, { allowHalfOpen: true });
  const outside: OutsideView = { userId: userIdOf(machine, side), start: (program) => lookOver(way(), name, program) };
  return EnteredShell.open({ machine: name, user, outside, connect: way }, signal);
}

function loginTo({ name, user }: Machine, { stateFolder, credentials }: LabSide, signal?: AbortSignal): ShellTarget {
  const { privateKey, hostKeyOf } = credentials();
  return {
    credentials: [privateKeyCredential(privateKey)],
    hostKeys: onlyHostKeys([hostKeyOf(name)]),
    machine: name,
    user,
    address: { socketPath: machineSocket(stateFolder, name) },
    timeoutMs: 30_000,
    ...(signal ? { signal } : {}),
  };
}

/** Leads to its sshd. */
function machineSocket(stateFolder: string, machine: string): string {
  return join(stateFolder, 'sockets', `${machine}.sock`);
}

/** For OpenSSH's own client; ours checks against the key itself. */
function knownHostsFile(stateFolder: string): string {
  return join(stateFolder, 'known_hosts');
}

function logFile(stateFolder: string): string {
  return join(stateFolder, 'netns.log');
}

/** Folders below `.lab` that a running lab needs, and nothing else does. */
function workFolders(stateFolder: string): string[] {
  return ['mnt', 'sockets'].map((name) => join(stateFolder, name));
}

/** What a lab leaves that ended. Nothing of it is of use to the next one, and something else may have got its name. */
function removeWork(stateFolder: string): void {
  for (const path of [...workFolders(stateFolder), logFile(stateFolder), groupsFile(stateFolder)]) removeOwn(path);
}

/** `lab gc` may end a lab whose folder has another one by now. */
function someLabWorksIn(stateFolder: string): boolean {
  return labelledProcesses().some(
    (member) => member.isInit && samePlace(folderNow(member) ?? member.stateFolder, stateFolder),
  );
}
