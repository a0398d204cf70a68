import { formatSubnet, parseSubnet } from '../core/ipv4.ts';
import { DEFAULT_USER } from '../lab/defaults.ts';
import type { Interface, Machine, Network, SshAccess } from '../lab/types.ts';

/** A machine as plain JSON: what has no value is left out. */
export type StoredMachine = Omit<Machine, 'memoryMiB' | 'cpus' | 'diskMiB' | 'ssh' | 'interfaces'> & {
  readonly interfaces: readonly Interface[];
  readonly memoryMiB?: number;
  readonly cpus?: number;
  readonly diskMiB?: number;
  readonly ssh?: Partial<SshAccess>;
};

/** A network as plain JSON, its subnet in CIDR notation. */
export interface StoredNetwork {
  readonly name: string;
  readonly subnet: string;
  readonly gateway?: string;
  readonly nat: boolean;
}

/** Plain JSON of a machine; the order of fields is always the same. */
export function storeMachine(machine: Machine): StoredMachine {
  const { name, image, user, isUserWritten, interfaces, memoryMiB, cpus, diskMiB, ssh } = machine;
  return dropUndefined({
    name,
    image,
    user,
    // Only where `user` does not tell it, as states of an older lab have it.
    isUserWritten: user === DEFAULT_USER ? isUserWritten : undefined,
    interfaces: interfaces.map(({ name: label, network, address }) => ({ name: label, network, address })),
    memoryMiB,
    cpus,
    diskMiB,
    ssh: ssh && dropUndefined({ host: ssh.host, port: ssh.port, user: ssh.user, key: ssh.key }),
  }) as StoredMachine;
}

/** The machine that `storeMachine` was given. */
export function restoreMachine({
  name,
  image,
  user,
  isUserWritten = user !== DEFAULT_USER || undefined,
  interfaces,
  memoryMiB,
  cpus,
  diskMiB,
  ssh,
}: StoredMachine): Machine {
  return {
    name,
    image,
    user,
    ...(isUserWritten && { isUserWritten }),
    interfaces: interfaces.map((port) => ({ ...port })),
    memoryMiB,
    cpus,
    diskMiB,
    ssh: ssh && { host: ssh.host, port: ssh.port, user: ssh.user, key: ssh.key },
  };
}

/** Plain JSON of a network; the order of fields is always the same. */
export function storeNetwork({ name, subnet, gateway, nat }: Network): StoredNetwork {
  return { name, subnet: formatSubnet(subnet), ...(gateway === undefined ? {} : { gateway }), nat };
}

/** The network that `storeNetwork` was given; undefined when its subnet makes no sense. */
export function restoreNetwork({ name, subnet, gateway, nat }: StoredNetwork): Network | undefined {
  const parsed = parseSubnet(subnet);
  return parsed && { name, subnet: parsed, gateway, nat };
}

function dropUndefined(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined));
}
