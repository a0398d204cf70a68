import { addressesOf } from '../core/lab-description.ts';
import type { Machine } from '../lab/types.ts';

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
