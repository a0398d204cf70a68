import type { Machine } from '../../lab/types.ts';
import { mkdir, mount, remountReadOnly, symlink, tmpfs, when, write, type Operation } from './operations.ts';
import type { HostFacts, PlanOptions } from './plan-input.ts';
import { MountFlag } from './syscalls.ts';

/**
 * The root of the file system that the lab's init and its machines grow on: a small tmpfs with read-only layers of the host, the only part of the host's files that is left there.
 * The paths are short and known, whatever the names of the user's folders are.
 */
export const stage = {
  /** What is common to the machines, and a folder for each; made by root of the lab. */
  lab: '/lab',
  /** Folders of the host by their own path. */
  layers: '/host',
  tools: '/tools',
  runtime: '/runtime',
  devices: '/dev',
} as const;

/** Name of the Unix socket of captures, beside those of the machines; no machine can have it. */
export const CAPTURE_SOCKET = '.captures';

const safe = MountFlag.noSuid | MountFlag.noDev | MountFlag.noExec;

/** Where a program of the host lies on the stage. Its folder must be one of the layers. */
export function staged(path: string, { toolsFolder }: HostFacts): string {
  return toolsFolder !== undefined && path.startsWith(`${toolsFolder}/`)
    ? `${stage.tools}${path.slice(toolsFolder.length)}`
    : `${stage.layers}${path}`;
}

/** All that needs the host's own files, users or sockets, up to the moment when init leaves them behind. `helpers` begin on this side and stay here. */
export function setStage(
  machines: Iterable<Machine>,
  host: HostFacts,
  options: PlanOptions & { readonly helpers: readonly Operation[] },
): Operation[] {
  const { mountPoint, socketFolder, labRootMap, ownsHost, label, helpers } = options;
  const at = (path: string): string => `${mountPoint}${path}`;
  return [
    ['mount', 'none', '/', '', MountFlag.recursive | MountFlag.private, ''],
    mount('proc', '/proc', safe),
    ...[...machines].map(({ name }): Operation => ['listen-unix', socketFolder, `${name}.sock`, name]),
    ...when(host.tcpdump !== undefined, ['listen-captures', socketFolder, CAPTURE_SOCKET]),
    ...helpers,
    ['new-mount-namespace'],
    tmpfs(mountPoint, 'mode=755', { flags: MountFlag.noSuid, label }),
    ...[stage.lab, stage.layers, stage.tools, stage.runtime, '/proc', '/sys'].map((folder) => mkdir(at(folder))),
    // Both must be seen here, whole, for the machines to be allowed ones of their own (mount_namespaces(7)).
    mount('proc', at('/proc'), safe),
    ownsHost
      ? mount('sysfs', at('/sys'), safe | MountFlag.readOnly)
      : layer('/sys', at('/sys'), { attributes: safe | MountFlag.readOnly, recursive: true }),
    ...devices(at(stage.devices), host, ownsHost),
    ...when(labRootMap !== undefined, ['new-user-namespace', labRootMap ?? '']),
    ...layers(at, host, options),
    ['root', mountPoint],
    ...when(labRootMap !== undefined, ['enter-user-namespace']),
    tmpfs(stage.lab, 'mode=755', { flags: 0, label }),
    mkdir(`${stage.lab}/m`),
  ];
}

/** Every layer is read-only. Programs of the host and our tools keep the right to be set-user-ID, for the overlay over them is what machines see. */
function layers(at: (path: string) => string, host: HostFacts, { mapped, ownsHost }: PlanOptions): Operation[] {
  const attributes = MountFlag.readOnly | MountFlag.noDev;
  const withMounts = (name: string): boolean => !ownsHost && host.foldersWithMounts.includes(name);
  return [
    ...host.sharedFolders.flatMap((name) => [
      mkdir(at(`${stage.layers}/${name}`)),
      // What only root of the host may read below /etc and /opt stays so: there the machines' root is nobody.
      layer(`/${name}`, at(`${stage.layers}/${name}`), {
        attributes,
        recursive: withMounts(name),
        mapped: mapped && !['etc', 'opt'].includes(name),
      }),
    ]),
    ...host.toolLayers.flatMap((name) => [
      mkdir(at(`${stage.tools}/${name}`)),
      layer(`${host.toolsFolder}/${name}`, at(`${stage.tools}/${name}`), { attributes, mapped }),
    ]),
    ...(host.runtime
      ? [layer(host.runtime.folder, at(stage.runtime), { attributes: attributes | MountFlag.noSuid })]
      : []),
  ];
}

/**
 * Device files of the lab's own where root of the host makes it, and else the host's, which nobody inside owns. Read-only does not hold for what is written to a device, but for
 * its mode and owner.
 */
function devices(folder: string, { devices: names }: HostFacts, own: boolean): Operation[] {
  const attributes = MountFlag.readOnly | MountFlag.noSuid | MountFlag.noExec;
  return [
    mkdir(folder),
    tmpfs(folder, 'mode=755,size=64k', { flags: MountFlag.noSuid | MountFlag.noExec }),
    mkdir(`${folder}/pts`),
    mkdir(`${folder}/shm`),
    ...names.flatMap(({ name, major, minor }): Operation[] =>
      own
        ? [['device', `${folder}/${name}`, major, minor]]
        : [write(`${folder}/${name}`, ''), layer(`/dev/${name}`, `${folder}/${name}`, { attributes })],
    ),
    ...Object.entries({ ptmx: 'pts/ptmx', fd: '/proc/self/fd', stdin: 'fd/0', stdout: 'fd/1', stderr: 'fd/2' }).map(
      ([name, target]) => symlink(target, `${folder}/${name}`),
    ),
    remountReadOnly(folder, attributes),
  ];
}

interface LayerOptions {
  readonly attributes: number;
  /** With all mounts below it. Without, a folder with mounts in it is refused to an ordinary user. */
  readonly recursive?: boolean;
  /** Whether files of the host's root belong to root of the lab. */
  readonly mapped?: boolean;
}

function layer(
  source: string,
  target: string,
  { attributes, recursive = false, mapped = false }: LayerOptions,
): Operation {
  return ['layer', source, target, attributes, Number(recursive), Number(mapped)];
}
