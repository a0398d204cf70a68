import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { systemCode } from '../../core/errors.ts';

/**
 * Where this user may make control groups (cgroups(7)); undefined fields: a controller that cannot be used here. All
 * paths are absolute.
 */
export interface ControlGroups {
  readonly version: 1 | 2;
  readonly memory: string | undefined;
  readonly cpu: string | undefined;
}

type Controller = 'memory' | 'cpu';
const controllers: readonly Controller[] = ['memory', 'cpu'];

/** Name of the group in which a lab's own are. */
const groupOf = (labId: string): string => `lab-${labId}`;
/** In a delegated group: where its own processes go, since a group with groups below it has no processes of its own. */
const OWN = 'lab-host';

interface Hierarchy {
  readonly path: string;
  /** Names of the controllers that it has; undefined for version 2, where the files say it. */
  readonly controllers: readonly string[] | undefined;
}

/** What /proc/self/mountinfo and /proc/self/cgroup say (cgroups(7), proc(5)). */
export interface GroupFiles {
  readonly mountInfo: string;
  readonly ownGroups: string;
  readonly isRoot: boolean;
}

/**
 * Version 2 where its group may be written to: by root everywhere, by an ordinary user what was delegated to it. Else
 * version 1, which only root may use. Undefined: neither.
 */
export function findControlGroups(files: GroupFiles = groupFiles()): ControlGroups | undefined {
  const hierarchies = mounted(files.mountInfo);
  const unified = hierarchies.find((hierarchy) => hierarchy.controllers === undefined);
  const own = files.ownGroups.split('\n').map((line) => line.split(':'));
  const second = unified && secondVersion(unified.path, own.find(([id]) => id === '0')?.[2] ?? '/', files.isRoot);
  if (second) return second;
  const [memory, cpu] = controllers.map((name) => firstVersion(name, hierarchies, own));
  return memory === undefined && cpu === undefined ? undefined : { version: 1, memory, cpu };
}

function groupFiles(): GroupFiles {
  return {
    mountInfo: readOrEmpty('/proc/self/mountinfo'),
    ownGroups: readOrEmpty('/proc/self/cgroup'),
    isRoot: process.getuid?.() === 0,
  };
}

function mounted(mountInfo: string): Hierarchy[] {
  return mountInfo.split('\n').flatMap((line): Hierarchy[] => {
    const [before = '', after = ''] = line.split(' - ');
    const [type, , options = ''] = after.split(' ');
    const path = before.split(' ')[4] ?? '';
    if (type === 'cgroup2') return [{ path, controllers: undefined }];
    return type === 'cgroup' ? [{ path, controllers: options.split(',') }] : [];
  });
}

/** Root makes its groups at the top, as no group below has room for groups and processes both. */
function secondVersion(mount: string, own: string, isRoot: boolean): ControlGroups | undefined {
  const base = isRoot ? mount : join(mount, own);
  const has = (name: Controller): boolean => wordsIn(join(base, 'cgroup.controllers')).includes(name);
  if (!isRoot && !isOursAlone(base)) return undefined;
  if (!isWritable(base) || !isWritable(join(base, 'cgroup.subtree_control'))) return undefined;
  if (!has('memory')) return undefined;
  return { version: 2, memory: base, cpu: has('cpu') ? base : undefined };
}

/**
 * A group that was delegated to what runs lab has no other processes. That of a terminal window may be written to as
 * well, but the user's shell is in it, and systemd thinks it its own.
 */
function isOursAlone(base: string): boolean {
  return wordsIn(join(base, 'cgroup.procs')).every((pid) => Number(pid) === process.pid || isChild(pid));
}

function isChild(pid: string): boolean {
  return new RegExp(`^PPid:\\s*${process.pid}$`, 'm').test(readOrEmpty(`/proc/${pid}/status`));
}

function firstVersion(
  name: Controller,
  hierarchies: readonly Hierarchy[],
  own: readonly string[][],
): string | undefined {
  const hierarchy = hierarchies.find((each) => each.controllers?.includes(name));
  const group = own.find(([, names]) => names?.split(',').includes(name))?.[2];
  if (!hierarchy || group === undefined) return undefined;
  // In a container the group's own path may lie above what is mounted.
  const path = [join(hierarchy.path, group), hierarchy.path].find((each) => existsSync(join(each, 'cgroup.procs')));
  return path !== undefined && isWritable(path) && isWritable(join(path, 'cgroup.procs')) ? path : undefined;
}

/** Limits of one machine; what is undefined is not limited by a group. */
export interface GroupLimits {
  readonly memoryBytes: number | undefined;
  readonly cpus: number | undefined;
}

/** A group that holds a machine: its folders, in one of which each of its processes is. */
export interface MachineGroup {
  readonly machine: string;
  readonly folders: readonly string[];
}

/** CFS bandwidth: a share of each period. Microseconds. */
const PERIOD_US = 100_000;

/**
 * Makes a group for each machine, with its limits; nothing is in it yet.
 *
 * @throws a system error when the kernel refuses.
 */
export function makeGroups(
  groups: ControlGroups,
  labId: string,
  limits: ReadonlyMap<string, GroupLimits>,
): MachineGroup[] {
  if (groups.version === 2) prepareSecondVersion(groups.memory ?? '');
  return [...limits].map(([machine, wanted]) => {
    const folders = new Set<string>();
    for (const [controller, file, value] of settings(groups.version, wanted)) {
      const base = groups[controller];
      if (base === undefined) continue;
      const folder = join(base, groupOf(labId), machine);
      mkdirSync(folder, { recursive: true });
      if (groups.version === 2) delegate(join(base, groupOf(labId)));
      writeFileSync(join(folder, file), value);
      folders.add(folder);
    }
    return { machine, folders: [...folders] };
  });
}

/** Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst, scheduler/sched-bwc.rst. */
function settings(version: 1 | 2, { memoryBytes, cpus }: GroupLimits): (readonly [Controller, string, string])[] {
  const quota = cpus === undefined ? undefined : Math.round(cpus * PERIOD_US);
  return [
    ...(memoryBytes === undefined
      ? []
      : [['memory', version === 2 ? 'memory.max' : 'memory.limit_in_bytes', String(memoryBytes)] as const]),
    ...(quota === undefined
      ? []
      : [
          version === 2
            ? (['cpu', 'cpu.max', `${quota} ${PERIOD_US}`] as const)
            : (['cpu', 'cpu.cfs_quota_us', String(quota)] as const),
        ]),
  ];
}

/** What is delegated to a user is delegated with processes in it, which have to stand aside first. */
function prepareSecondVersion(base: string): void {
  if (existsSync(join(base, 'cgroup.type'))) {
    mkdirSync(join(base, OWN), { recursive: true });
    for (const pid of wordsIn(join(base, 'cgroup.procs'))) {
      try {
        writeFileSync(join(base, OWN, 'cgroup.procs'), pid);
      } catch (error) {
        // It has ended meanwhile.
        if (systemCode(error) !== 'ESRCH') throw error;
      }
    }
  }
  delegate(base);
}

function delegate(folder: string): void {
  const enabled = wordsIn(join(folder, 'cgroup.subtree_control'));
  const offered = wordsIn(join(folder, 'cgroup.controllers'));
  const missing = controllers.filter((name) => offered.includes(name) && !enabled.includes(name));
  if (missing.length > 0)
    writeFileSync(join(folder, 'cgroup.subtree_control'), missing.map((name) => `+${name}`).join(' '));
}

/** How often the kernel ended a process because that group was full. */
export function outOfMemoryKills(folder: string): number {
  const text = ['memory.events', 'memory.oom_control'].map((file) => readOrEmpty(join(folder, file))).join('\n');
  return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0);
}

/**
 * Removes groups of that lab, of which nothing is in them any more: the folders that `makeGroups` made, and what else is
 * left of it where this process makes its own.
 */
export function removeGroups(labId: string, folders: readonly string[]): void {
  const groups = findControlGroups();
  const bases = [groups?.memory, groups?.cpu].filter((base) => base !== undefined);
  const labs = new Set(bases.map((base) => join(base, groupOf(labId))));
  // The list may have come with a folder from elsewhere: no other name is touched, and rmdir(2) takes only what is empty.
  for (const folder of folders) if (isGroupOf(labId, dirname(folder))) labs.add(dirname(folder));
  for (const lab of labs) {
    for (const machine of foldersIn(lab)) removeGroup(join(lab, machine));
    removeGroup(lab);
  }
}

function isGroupOf(labId: string, folder: string): boolean {
  return basename(folder) === groupOf(labId) && resolve(folder) === folder && folder.startsWith('/sys/fs/cgroup/');
}

function removeGroup(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    if (!['EBUSY', 'ENOENT', 'ENOTEMPTY'].includes(systemCode(error) ?? '')) throw error;
  }
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch {
    return [];
  }
}

function wordsIn(file: string): string[] {
  return readOrEmpty(file).split(/\s+/).filter(Boolean);
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
