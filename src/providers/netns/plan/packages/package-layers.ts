import type { Machine } from '../../../../lab/types.ts';
import * as op from '../operations.ts';
import type { Operation } from '../operations.ts';
import type { PackageLayer } from './layer-types.ts';
import type { HostFacts, PlanOptions } from '../plan-input.ts';
import { stage } from '../stage-paths.ts';
import { MountFlag } from '../syscalls.ts';

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
export function foldersOfPackages(
  ground: Ground,
  foldersOfHost: readonly string[],
  { making }: PlanOptions,
): Operation[] {
  const { root, own, layer } = ground;
  const isNeeded = (name: string): boolean => making !== undefined || layer?.names.includes(name) === true;
  return ['var', 'opt']
    .filter((name) => !foldersOfHost.includes(name) && isNeeded(name))
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
