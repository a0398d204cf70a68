import type { Machine } from '../../../../lab/types.ts';
import * as op from '../operations.ts';
import type { Operation } from '../operations.ts';
import type { HostFacts, PlanOptions } from '../plan-input.ts';
import { stage } from '../stage-paths.ts';
import { MountFlag } from '../syscalls.ts';

/** What installed packages add to machines; a folder of the cache, in which all files belong to this user. */
export interface PackageLayer {
  /** What it was made from, as hexadecimal digits. */
  readonly key: string;
  /** Absolute path. */
  readonly folder: string;
  /** The folders in it: `usr`, `etc`, `var`, `opt`, …, and `dpkg` and `apt`, which are folders of /var/lib. */
  readonly names: readonly string[];
  /** What belongs to others than root, by its path in the layer. */
  readonly owners: readonly OwnedPath[];
  /** Lines of passwd(5) and group(5). */
  readonly accounts: AddedAccounts;
}

export interface OwnedPath {
  readonly path: string;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

export interface AddedAccounts {
  readonly passwd: readonly string[];
  readonly group: readonly string[];
}

/** A layer in the making: what is written on the machine goes into the folder `up` of `folder`. */
export interface LayerInTheMaking {
  /** Absolute path of a folder with the folders `up` and `work`. */
  readonly folder: string;
  /** Absolute path of a folder that the machine sees as `ARCHIVES`. */
  readonly archives: string;
}

/** Where a machine in which a layer is made sees the packages, and the layer. */
export const ARCHIVES = '/.lab/archives';
export const LAYER = '/.lab/layer';

const IN_THE_MAKING = `${stage.packages}/new`;
const archivesOnStage = `${stage.packages}/archives`;

/** Mounts all layers of the lab on the stage. */
export function layersOnStage(at: (path: string) => string, { packages, making, mapped }: PlanOptions): Operation[] {
  const layers = new Map([...(packages?.values() ?? [])].map((layer) => [layer.key, layer.folder]));
  const readOnly = { attributes: MountFlag.readOnly | MountFlag.noDev, mapped };
  const mountAt = (folder: string, target: string, options: op.LayerOptions): Operation[] => [
    op.mkdir(at(target)),
    op.layer(folder, at(target), options),
  ];
  return [
    ...[...layers].flatMap(([key, folder]) => mountAt(folder, `${stage.packages}/${key}`, readOnly)),
    ...(making === undefined
      ? []
      : [
          ...mountAt(making.folder, IN_THE_MAKING, { attributes: MountFlag.noDev, mapped }),
          ...mountAt(making.archives, archivesOnStage, readOnly),
        ]),
  ];
}

/** Where a machine grows. */
export interface Ground {
  /** Its root on the stage. */
  readonly root: string;
  /** Folder of the folders `up` and `work`, in which its own layers lie. */
  readonly own: string;
  readonly layer: PackageLayer | undefined;
}

export function groundOf({ name }: Machine, { packages, making }: PlanOptions): Ground {
  const root = `${stage.lab}/m/${name}`;
  return { root, own: root + (making === undefined ? '/.lab' : LAYER), layer: packages?.get(name) };
}

/** What lies below the machine's own layer and above those of the host, as part of `lowerdir`. */
export function lowerOfLayer(name: string, { layer }: Ground): string[] {
  return layer?.names.includes(name) === true ? [`${stage.packages}/${layer.key}/${name}`] : [];
}

/** Where the layer that is made on the machine lies in it. */
export function layerInTheMaking({ root }: Ground, { making }: PlanOptions): Operation[] {
  if (making === undefined) return [];
  return [
    op.mkdir(root + LAYER),
    op.bind(IN_THE_MAKING, root + LAYER),
    op.mkdir(root + ARCHIVES),
    op.bind(archivesOnStage, root + ARCHIVES),
  ];
}

/** Folders that lie on the machine's own file system, unless packages have something for them. */
export function foldersOfPackages(ground: Ground, host: HostFacts, { making }: PlanOptions): Operation[] {
  const { root, own, layer } = ground;
  const names = ['var', 'opt'].filter((name) => !host.sharedFolders.includes(name) || name === 'var');
  return names
    .filter((name) => making !== undefined || layer?.names.includes(name) === true)
    .flatMap((name) => {
      const lower = [...lowerOfLayer(name, ground), `${root}/${name}`].join(':');
      const data = `lowerdir=${lower},upperdir=${own}/up/${name},workdir=${own}/work/${name},userxattr`;
      return [
        op.mkdir(`${own}/up/${name}`),
        op.mkdir(`${own}/work/${name}`),
        op.mount('overlay', `${root}/${name}`, MountFlag.noDev, data),
      ];
    });
}

/** Gives what packages brought to whom it belongs there; where there is only root, to no one else. */
export function ownersOfLayer(
  { root, layer }: Ground,
  { packageFolders }: HostFacts,
  { oneIdentity }: PlanOptions,
): Operation[] {
  if (layer === undefined || oneIdentity !== undefined) return [];
  return layer.owners.map(({ path, uid, gid, mode }) => {
    const inState = packageFolders.includes(path.split('/', 1)[0]!);
    return op.own(`${root}/${inState ? 'var/lib/' : ''}${path}`, { uid, gid, mode });
  });
}
