import type { KeyPair } from '../../../ssh/keys/key-pair.ts';
import type { Lab, Machine } from '../../../lab/types.ts';
import { clientConfig, hostsFile } from '../../peer-files.ts';
import { limitCommands, limitFiles } from './limits.ts';
import { networkConfig, type NetworkParts } from './network-config.ts';
import { sysctlCommands, sysctlFiles } from './sysctls.ts';

export interface SeedParts extends NetworkParts {
  readonly lab: Lab;
  /** Changes when the machine is made again, so that cloud-init sets it up again. */
  readonly instanceId: string;
  readonly keys: SeedKeys;
}

export interface SeedKeys {
  /** Made by us, so that the first connection is verified. */
  readonly host: KeyPair;
  /** What the machine's user logs in to other machines with; undefined unless the lab says `ssh: peers`. */
  readonly client: KeyPair | undefined;
  /** Public keys that may log in. */
  readonly authorized: readonly string[];
  /** Content of ssh_known_hosts (sshd(8)). */
  readonly knownHosts: string;
}

/**
 * The files of a NoCloud seed (cloud-init's "NoCloud" data source) with all that makes an image this machine: user,
 * keys, host name, addresses, the names of the others. JSON is YAML.
 */
export function seedFiles(parts: SeedParts): ReadonlyMap<string, string> {
  return new Map([
    ['meta-data', document({ 'instance-id': parts.instanceId, 'local-hostname': parts.plan.machine.name })],
    ['user-data', `#cloud-config\n${document(userData(parts))}`],
    ['network-config', document(networkConfig(parts))],
  ]);
}

function document(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

function userData({ plan: { machine }, lab, keys: { host, client, authorized, knownHosts } }: SeedParts): object {
  const commands = [...sysctlCommands(machine), ...limitCommands(machine)];
  return {
    hostname: machine.name,
    preserve_hostname: false,
    manage_etc_hosts: false,
    ssh_pwauth: false,
    disable_root: machine.user !== 'root',
    ssh_deletekeys: true,
    ssh_keys: { ed25519_private: host.privateKey, ed25519_public: host.publicKey },
    users: [
      {
        name: machine.user,
        shell: '/bin/bash',
        lock_passwd: true,
        sudo: 'ALL=(ALL) NOPASSWD:ALL',
        ssh_authorized_keys: authorized,
      },
    ],
    package_update: false,
    package_upgrade: false,
    write_files: [
      { path: '/etc/hosts', content: hostsFile(machine, lab.machines.values(), lab.networks), permissions: '0644' },
      { path: '/etc/ssh/ssh_known_hosts', content: knownHosts, permissions: '0644' },
      { path: '/etc/ssh/ssh_config.d/lab.conf', content: clientConfig(lab.machines.values()), permissions: '0644' },
      ...[...limitFiles(machine), ...sysctlFiles(machine)].map((file) => Object.assign({ permissions: '0644' }, file)),
      ...(client === undefined ? [] : clientKeyFiles(machine, client)),
    ],
    ...(commands.length > 0 && { runcmd: commands }),
    growpart: { mode: 'auto' },
  };
}

/** `defer`: when the user and its home folder are there (cloud-init 21.3, module "write_files"). */
function clientKeyFiles({ user }: Machine, { privateKey, publicKey }: KeyPair): object[] {
  const path = `${user === 'root' ? '/root' : `/home/${user}`}/.ssh/id_ed25519`;
  const common = { owner: `${user}:${user}`, defer: true };
  return [
    { path, content: privateKey, permissions: '0600', ...common },
    { path: `${path}.pub`, content: `${publicKey}\n`, permissions: '0644', ...common },
  ];
}
