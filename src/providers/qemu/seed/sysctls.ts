import type { Machine } from '../../../lab/types.ts';

const FILE = '/etc/sysctl.d/90-lab.conf';

/** What sysctl.d(5) holds of a machine: what makes it a router, then what lab.yaml says. */
export function sysctlFiles({ forward, sysctls }: Machine): { readonly path: string; readonly content: string }[] {
  const settings = [
    ...(forward === true
      ? [
          ['net.ipv4.ip_forward', '1'],
          ['net.ipv6.conf.all.forwarding', '1'],
        ]
      : []),
    ...(sysctls ?? []),
  ];
  return settings.length === 0
    ? []
    : [{ path: FILE, content: settings.map(([name, value]) => `${name} = ${value}\n`).join('') }];
}

/** Sets them now: when the file came, the system had set its own already. */
export function sysctlCommands(machine: Machine): string[][] {
  return sysctlFiles(machine).map(({ path }) => ['sysctl', '-q', '-p', path]);
}
