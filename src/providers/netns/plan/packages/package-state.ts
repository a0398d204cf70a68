import { readFileSync } from 'node:fs';
import * as op from '../operations.ts';
import type { Operation } from '../operations.ts';
import type { HostFacts, PlanOptions } from '../plan-input.ts';
import { lowerOfLayer, type Ground } from './package-layers.ts';
import { stage } from '../stage-paths.ts';
import { MountFlag } from '../syscalls.ts';

/**
 * What APT and dpkg open for writing, or make files in, of each of their folders. Where the host's files belong to
 * nobody, root of a machine may do that only to what is its own.
 */
const ownState: Readonly<Record<string, { readonly folders: readonly string[]; readonly files: readonly string[] }>> = {
  dpkg: {
    folders: ['alternatives', 'info', 'parts', 'triggers', 'updates'],
    files: ['lock', 'lock-frontend', 'triggers/Lock'],
  },
  apt: { folders: ['lists', 'lists/partial', 'lists/auxfiles', 'mirrors', 'periodic'], files: ['lists/lock'] },
};

const common = `${stage.lab}/state`;
const OWN_FILES = '/usr/lib/lab/own-files.pl';
const aptHook = `DPkg::Pre-Install-Pkgs { "/usr/bin/perl ${OWN_FILES}"; };\n`;

/** Common to the machines, and read-only under each: what lets packages be installed where the host's files belong to nobody. */
export function commonPackageState(
  machineFiles: string,
  { packageFolders }: HostFacts,
  { mapped }: PlanOptions,
): Operation[] {
  if (mapped || packageFolders.length === 0) return [];
  return [
    op.mkdir(common),
    ...packageFolders.flatMap((name) => {
      const { folders, files } = ownState[name] ?? { folders: [], files: [] };
      return [
        op.mkdir(`${common}/${name}`),
        ...folders.map((folder) => op.mkdir(`${common}/${name}/${folder}`)),
        ...files.map((file) => op.write(`${common}/${name}/${file}`, '', 0o640)),
      ];
    }),
    // Where APT of the host has what is not whole yet, which only it may read.
    ...op.when(packageFolders.includes('apt'), op.setXattr(`${common}/apt/lists/partial`, 'user.overlay.opaque', 'y')),
    ...['/usr/lib', '/usr/lib/lab', '/etc/apt', '/etc/apt/apt.conf.d'].map((folder) => op.mkdir(machineFiles + folder)),
    op.write(machineFiles + OWN_FILES, readFileSync(new URL('own-files.pl', import.meta.url), 'utf8')),
    op.write(`${machineFiles}/etc/apt/apt.conf.d/zz-lab`, aptHook),
  ];
}

/**
 * The machine begins with what the host knows of its packages, which are those of the machine; what it does to that
 * stays its own.
 */
export function packageState(ground: Ground, host: HostFacts, { mapped }: PlanOptions): Operation[] {
  return host.packageFolders.flatMap((name) => {
    const { root, own } = ground;
    const [upper, work, target] = [`${own}/up/${name}`, `${own}/work/${name}`, `${root}/var/lib/${name}`];
    const ours = mapped ? [] : [`${common}/${name}`, ...(hasCopies(name, host) ? [`${stage.base}/${name}`] : [])];
    const lower = [...lowerOfLayer(name, ground), ...ours, `${stage.state}/${name}`].join(':');
    const data = `lowerdir=${lower},upperdir=${upper},workdir=${work},userxattr`;
    return [
      ...[upper, work, target].map((folder) => op.mkdir(folder)),
      op.mount('overlay', target, MountFlag.noDev | MountFlag.noSuid, data),
    ];
  });
}

/** Whether the base has copies of files of this folder that dpkg(1) makes a second name for (link(2)). */
export function hasCopies(name: string, { installBase }: HostFacts): boolean {
  return name === 'dpkg' && installBase !== undefined;
}
