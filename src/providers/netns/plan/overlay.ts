import { mount, type Operation } from './operations.ts';
import { lowerOfLayer, type Ground } from './packages/package-layers.ts';
import type { HostFacts, PlanOptions } from './plan-input.ts';
import { stage } from './stage-paths.ts';
import { MountFlag } from './syscalls.ts';

/**
 * For all but root of the host the mounts of the host are locked together (mount_namespaces(7)), and a folder with
 * others in it cannot be a layer of an overlay. Container engines mount files over /etc, so that one, which is small,
 * is copied instead.
 */
export function copiedFolders({ foldersWithMounts }: HostFacts, { ownsHost }: PlanOptions): string[] {
  return !ownsHost ? foldersWithMounts.filter((name) => name === 'etc') : [];
}

/** From the topmost to the folder of the host. */
export function lowerLayers(
  name: string,
  { toolLayers }: HostFacts,
  base: string,
  overTools: readonly string[] = [],
): string {
  const tools = toolLayers.includes(name) ? [`${stage.tools}/${name}`] : [];
  return [`${stage.lab}/common/${name}`, ...overTools, ...tools, base].join(':');
}

/**
 * A folder of the host with the machine's own layer over it. All paths are those of the stage or names of machines, so
 * nothing in them parts the options of overlayfs (Documentation/filesystems/overlayfs.rst).
 */
export function overlay(name: string, ground: Ground, host: HostFacts, options: PlanOptions): Operation {
  const base = copiedFolders(host, options).includes(name) ? `${stage.lab}/copy-${name}` : `${stage.layers}/${name}`;
  const { root, own } = ground;
  const over = `upperdir=${own}/up/${name},workdir=${own}/work/${name}`;
  const empty = isOwnedByNobody(name, host, options) ? [`${stage.base}/${name}`] : [];
  const data = `lowerdir=${lowerLayers(name, host, base, [...lowerOfLayer(name, ground), ...empty])},${over},userxattr`;
  return mount('overlay', `${root}/${name}`, MountFlag.noDev, data);
}

/** Whether the empty folders lie over this one, so that packages can be installed below it. */
export function isOwnedByNobody(name: string, { installBase }: HostFacts, { mapped }: PlanOptions): boolean {
  return installBase !== undefined && (name === 'etc' || (name === 'usr' && !mapped));
}
