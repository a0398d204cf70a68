import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { say } from '../../core/language/say.ts';
import { localUser } from '../../host/local-user.ts';
import { commandOfManager } from '../../host/package-manager.ts';
import { rootCommands } from '../../host/root-commands.ts';
import { findOnHost } from '../../host/tools.ts';
import type { Requirement } from '../provider.ts';

const install = [
  ['apt-get', '{root}apt-get install openssh-client'],
  ['dnf', '{root}dnf install openssh-clients'],
  ['pacman', '{root}pacman -S openssh'],
  ['zypper', '{root}zypper install openssh-clients'],
  ['apk', '{root}apk add openssh-client'],
] as const;

/** This provider needs nothing of the host but Node; what is reported makes it more comfortable. */
export function sshRequirements(): Requirement[] {
  return [configuration(), keys()];
}

function configuration(): Requirement {
  const ssh = process.platform === 'win32' ? 'ssh' : findOnHost('ssh');
  const description = say`OpenSSH's client, to read ~/.ssh/config`;
  const common = { id: 'openssh-client', description };
  if (ssh !== undefined) return { ...common, status: 'present', found: ssh, howToGet: [] };
  return {
    ...common,
    status: 'optional-missing',
    found: say`not found; aliases, jump hosts and keys named in ~/.ssh/config are not known`,
    howToGet: rootCommands([commandOfManager(install)]),
  };
}

function keys(): Requirement {
  const common = { id: 'ssh-key', description: say`a key to log in with` };
  if ((process.env['SSH_AUTH_SOCK'] ?? '') !== '')
    return { ...common, status: 'present', found: say`an agent (SSH_AUTH_SOCK)`, howToGet: [] };
  const folder = join(localUser().home, '.ssh');
  const found = existsSync(folder) ? readdirSync(folder).filter((name) => /^id_\w+$/.test(name)) : [];
  if (found.length > 0)
    return { ...common, status: 'present', found: found.map((name) => `~/.ssh/${name}`).join(', '), howToGet: [] };
  return {
    ...common,
    status: 'optional-missing',
    found: say`no key in ~/.ssh and no agent; lab asks for passwords`,
    howToGet: ['ssh-keygen -t ed25519', 'ssh-copy-id USER@HOST'],
  };
}
