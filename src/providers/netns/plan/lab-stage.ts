import type { Machine } from '../../../lab/types.ts';
import { foldersOfAny } from './host-folders.ts';
import * as op from './operations.ts';
import type { Operation } from './operations.ts';
import { isOwnedByNobody } from './overlay.ts';
import { hasCopies } from './packages/package-state.ts';
import { layersOnStage } from './packages/package-layers.ts';
import type { HostFacts, PlanOptions } from './plan-input.ts';
import { CAPTURE_SOCKET, NETFILTER_SOCKET, OUTSIDE_SOCKET, stage } from './stage-paths.ts';
import { limitsFromOutside } from './limits.ts';
import { MountFlag } from './syscalls.ts';

const safe = MountFlag.noSuid | MountFlag.noDev | MountFlag.noExec;

/**
 * All that needs the host's own files, users or sockets, up to the moment when init leaves them behind. `helpers` begin
 * on this side and stay here.
 */
export function setStage(
  machines: readonly Machine[],
  host: HostFacts,
  options: PlanOptions & { readonly helpers: readonly Operation[] },
): Operation[] {
  const { mountPoint, socketFolder, labRootMap, ownsHost, label, helpers } = options;
  const at = (path: string): string => `${mountPoint}${path}`;
  return [
    op.makeMountsPrivate(),
    op.mount('proc', '/proc', safe),
    ...[...machines].map(({ name }) => op.listenUnix(socketFolder, `${name}.sock`, name)),
    ...op.when(host.tcpdump !== undefined, op.listenCaptures(socketFolder, CAPTURE_SOCKET)),
    op.listenNetfilter(socketFolder, NETFILTER_SOCKET),
    op.listenOutside(socketFolder, OUTSIDE_SOCKET),
    ...[...machines].flatMap(({ name }) => limitsFromOutside(name, options.limits.get(name)!)),
    ...helpers,
    op.newMountNamespace(),
    op.tmpfs(mountPoint, 'mode=755', { flags: MountFlag.noSuid, label }),
    ...[...Object.values(stage).filter((folder) => folder !== stage.devices), '/proc', '/sys'].map((folder) =>
      op.mkdir(at(folder)),
    ),
    // Both must be seen here, whole, for the machines to be allowed ones of their own (mount_namespaces(7)).
    op.mount('proc', at('/proc'), safe),
    ownsHost
      ? op.mount('sysfs', at('/sys'), safe | MountFlag.readOnly)
      : op.layer('/sys', at('/sys'), { attributes: safe | MountFlag.readOnly, recursive: true }),
    ...devices(at(stage.devices), host, ownsHost),
    ...op.when(labRootMap !== undefined, op.newUserNamespace(labRootMap ?? '')),
    ...layersOnStage(at, options),
    ...layers(at, foldersOfAny(machines, host), host, options),
    op.root(mountPoint),
    ...op.when(labRootMap !== undefined, op.enterUserNamespace()),
    op.tmpfs(stage.lab, 'mode=755', { flags: 0, label }),
    op.mkdir(`${stage.lab}/m`),
  ];
}

/**
 * Every layer is read-only. Programs of the host and our tools keep the right to be set-user-ID, for the overlay over
 * them is what machines see.
 */
function layers(
  at: (path: string) => string,
  folders: readonly string[],
  host: HostFacts,
  options: PlanOptions,
): Operation[] {
  const { mapped, ownsHost } = options;
  const attributes = MountFlag.readOnly | MountFlag.noDev;
  const withMounts = (name: string): boolean => !ownsHost && host.foldersWithMounts.includes(name);
  return [
    ...folders.flatMap((name) => [
      op.mkdir(at(`${stage.layers}/${name}`)),
      // What only root of the host may read below /etc and /opt stays so: there the machines' root is nobody.
      op.layer(`/${name}`, at(`${stage.layers}/${name}`), {
        attributes,
        recursive: withMounts(name),
        mapped: mapped && !['etc', 'opt'].includes(name),
      }),
    ]),
    ...host.toolLayers.flatMap((name) => [
      op.mkdir(at(`${stage.tools}/${name}`)),
      op.layer(`${host.toolsFolder}/${name}`, at(`${stage.tools}/${name}`), { attributes, mapped }),
    ]),
    ...folders.flatMap((name) =>
      op.when(
        isOwnedByNobody(name, host, options),
        op.mkdir(at(`${stage.base}/${name}`)),
        op.layer(`${host.installBase}/${name}`, at(`${stage.base}/${name}`), { attributes, mapped }),
      ),
    ),
    ...host.packageFolders.flatMap((name) => [
      ...op.when(
        hasCopies(name, host) && !mapped,
        op.mkdir(at(`${stage.base}/${name}`)),
        op.layer(`${host.installBase}/${name}`, at(`${stage.base}/${name}`), { attributes }),
      ),
      op.mkdir(at(`${stage.state}/${name}`)),
      op.layer(`/var/lib/${name}`, at(`${stage.state}/${name}`), { attributes, mapped }),
    ]),
    ...(host.runtime ? runtimeIn(at(stage.runtime), host.runtime.path) : []),
  ];
}

/** The Node.js of lab, and nothing of the folder where it lies: that may be /usr/local/bin, or where its user installs commands. */
function runtimeIn(folder: string, node: string): Operation[] {
  const attributes = MountFlag.readOnly | MountFlag.noDev | MountFlag.noSuid;
  return [
    op.tmpfs(folder, 'mode=755,size=4k', { flags: MountFlag.noDev | MountFlag.noSuid }),
    op.write(`${folder}/node`, ''),
    op.layer(node, `${folder}/node`, { attributes }),
    op.remount(folder, attributes),
  ];
}

/**
 * Device files of the lab's own where root of the host makes it, and else the host's, which no user inside owns.
 * Read-only does not hold for what is written to a device, but for its mode and owner.
 */
function devices(folder: string, { devices: names }: HostFacts, own: boolean): Operation[] {
  const attributes = MountFlag.readOnly | MountFlag.noSuid | MountFlag.noExec;
  return [
    op.mkdir(folder),
    op.tmpfs(folder, 'mode=755,size=64k', { flags: MountFlag.noSuid | MountFlag.noExec }),
    op.mkdir(`${folder}/pts`),
    op.mkdir(`${folder}/shm`),
    ...names.flatMap(({ name, major, minor }): Operation[] =>
      own
        ? [op.device(`${folder}/${name}`, major, minor)]
        : [op.write(`${folder}/${name}`, ''), op.layer(`/dev/${name}`, `${folder}/${name}`, { attributes })],
    ),
    ...Object.entries({ ptmx: 'pts/ptmx', fd: '/proc/self/fd', stdin: 'fd/0', stdout: 'fd/1', stderr: 'fd/2' }).map(
      ([name, target]) => op.symlink(target, `${folder}/${name}`),
    ),
    op.remount(folder, attributes),
  ];
}
