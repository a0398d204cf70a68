import type { HostFacts } from './plan-input.ts';

/**
 * The root of the file system that the lab's init and its machines grow on: a small tmpfs with read-only layers of the
 * host, the only part of the host's files that is left there. The paths are short and known, whatever the names of the
 * user's folders are.
 */
export const stage = {
  /** What is common to the machines, and a folder for each; made by root of the lab. */
  lab: '/lab',
  /** Folders of the host by their own path. */
  layers: '/host',
  tools: '/tools',
  runtime: '/runtime',
  /** What must belong to root of the lab where the host's files do not, for packages to be installed. */
  base: '/base',
  /** Layers of packages, by their keys. */
  packages: '/packages',
  /** Of /var/lib, what APT and dpkg know. */
  state: '/state',
  devices: '/dev',
} as const;

/*
 * Names of Unix sockets next to those of the machines; no machine can have them. A lab that runs may be met by another
 * version of lab: who changes what is spoken over one gives it a new number, and what has another number is not there.
 */

/** Of captures. */
export const CAPTURE_SOCKET = '.captures';
/** The same for what leads to the nftables of the machines. */
export const NETFILTER_SOCKET = '.netfilter';
/** The same for what looks at the machines from outside. */
export const OUTSIDE_SOCKET = '.outside.2';

/** Where a program of the host lies on the stage. Its folder must be one of the layers. */
export function staged(path: string, { toolsFolder }: HostFacts): string {
  return toolsFolder !== undefined && path.startsWith(`${toolsFolder}/`)
    ? `${stage.tools}${path.slice(toolsFolder.length)}`
    : `${stage.layers}${path}`;
}
