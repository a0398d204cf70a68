import { addressesOf } from '../core/lab-description.ts';
import type { Machine, Network } from '../lab/types.ts';

/** ssh_config(5) inside the machines: `ssh vm2` finds the right user. */
export function clientConfig(machines: Iterable<Machine>): string {
  const hosts = [...machines].map(({ name, user }) => `Host ${name}\n  User ${user}\n`);
  return hosts.join('');
}

/**
 * ssh_known_hosts (sshd(8)): each machine with its own host key, under its name and addresses. `hostKey` gives the
 * public half as one line.
 */
export function knownHosts(machines: Iterable<Machine>, hostKey: (machine: string) => string): string {
  const line = (machine: Machine): string => {
    const [type = '', blob = ''] = hostKey(machine.name).split(' ');
    return `${[machine.name, ...addressesOf(machine)].join(',')} ${type} ${blob}\n`;
  };
  return [...machines].map(line).join('');
}

/**
 * hosts(5): the machine itself, if one is given, all others by name, and the names of `dns` of its networks, or of all.
 * A machine with several interfaces is known by each of its addresses of both families; its first comes first.
 */
export function hostsFile(
  machine: Machine | undefined,
  all: Iterable<Machine>,
  networks: ReadonlyMap<string, Network> = new Map(),
): string {
  const own = [
    '127.0.0.1 localhost',
    '::1 localhost ip6-localhost ip6-loopback',
    ...(machine && addressesOf(machine).length === 0 ? [`127.0.1.1 ${machine.name}`] : []),
  ];
  const others = [...all].flatMap((other) => addressesOf(other).map((address) => `${address} ${other.name}`));
  const near = machine && new Set(machine.interfaces.map(({ network }) => network));
  const names = [...networks.values()].flatMap(({ name, dns = new Map<string, readonly string[]>() }) =>
    near === undefined || near.has(name)
      ? [...dns].flatMap(([host, addresses]) => addresses.map((address) => `${address} ${host}`))
      : [],
  );
  return [...own, ...others, ...names, ''].join('\n');
}
