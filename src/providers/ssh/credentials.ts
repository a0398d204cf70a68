import { readFile } from 'node:fs/promises';
import { EnvironmentError, messageOf, systemCode } from '../../core/errors.ts';
import { localUser } from '../../host/local-user.ts';
import type { Credential, PasswordCredential, Secret } from '../../ssh/credentials.ts';
import { parseHostKey, type HostKey } from '../../ssh/keys.ts';
import type { Questions } from '../provider.ts';
import { expandPath } from './openssh-config.ts';
import type { KeyFile, Route } from './route.ts';

/** As often as ssh(1) asks (NumberOfPasswordPrompts). */
const passwordPrompts = 3;

/**
 * All ways to log in on a route, in the order in which they are tried: the key that lab.yaml names, then keys of an agent, other keys, and passwords.
 *
 * @throws {EnvironmentError} `ssh-key-missing` when the key of lab.yaml cannot be read.
 */
export async function credentialsFor(machine: string, route: Route, questions: Questions | undefined): Promise<Credential[]> {
  const keys = route.usesKeys ? (await Promise.all(route.keyFiles.map((file) => readKey(machine, route, file, questions)))).flat() : [];
  const publicKeys = route.usesKeys && route.onlyKeyFiles ? (await Promise.all(route.keyFiles.map(({ path }) => readPublicKey(path)))).flat() : [];
  const [wanted, others] = [keys.filter(({ isWanted }) => isWanted), keys.filter(({ isWanted }) => !isWanted)];
  return [
    ...wanted.map(({ key }) => key),
    ...(route.usesKeys ? agentOf(route, publicKeys) : []),
    ...others.map(({ key }) => key),
    ...(route.usesPasswords ? passwordOf(machine, route, questions) : []),
  ];
}

async function readKey(machine: string, route: Route, { path, isWanted }: KeyFile, questions: Questions | undefined): Promise<{ key: Credential; isWanted: boolean }[]> {
  const label = `key ${shortPath(path)}`;
  try {
    const privateKey = await readFile(path, 'utf8');
    const [publicKey] = await readPublicKey(path);
    return [{ isWanted, key: { kind: 'key', label, privateKey, publicKey, passphrase: passphraseOf(machine, path, questions) } }];
  } catch (cause) {
    if (!isWanted) return [];
    throw new EnvironmentError(`${machine}: the key ${shortPath(path)} cannot be read: ${systemCode(cause) === 'ENOENT' ? 'there is no such file' : messageOf(cause)}`, {
      code: 'ssh-key-missing',
      hint: `Correct \`key\` of ${machine} in lab.yaml, or make one: ssh-keygen -t ed25519 -f ${path} && ssh-copy-id -i ${path} ${route.user}@${route.host}`,
      cause,
    });
  }
}

async function readPublicKey(path: string): Promise<HostKey[]> {
  const text = await readFile(path.endsWith('.pub') ? path : `${path}.pub`, 'utf8').catch(() => '');
  const key = parseHostKey(text);
  return key === undefined ? [] : [key];
}

/** The agent of IdentityAgent, else of the environment, else the service of Windows. */
function agentOf(route: Route, publicKeys: readonly HostKey[]): Credential[] {
  const { agent, onlyKeyFiles } = route;
  if (agent === undefined || (onlyKeyFiles && publicKeys.length === 0)) return [];
  const windows = process.platform === 'win32' ? String.raw`\\.\pipe\openssh-ssh-agent` : undefined;
  const socketPath = agent === 'SSH_AUTH_SOCK' || agent.startsWith('$') ? (process.env[agent.replace('$', '')] ?? windows) : expandPath(agent, route);
  if (socketPath === undefined || socketPath === '') return [];
  return [{ kind: 'agent', label: 'agent', socketPath, ...(onlyKeyFiles ? { only: publicKeys } : {}) }];
}

function passphraseOf(machine: string, path: string, questions: Questions | undefined): Secret {
  const known = secretFromEnvironment('PASSPHRASE', machine);
  return async (attempt) => {
    if (known !== undefined) return attempt === 1 ? known : undefined;
    return questions?.answer(`Passphrase of ${shortPath(path)}: `, { visible: false });
  };
}

function passwordOf(machine: string, { user, host }: Route, questions: Questions | undefined): PasswordCredential[] {
  const known = secretFromEnvironment('PASSWORD', machine);
  if (known === undefined && questions === undefined) return [];
  const secret: Secret = known === undefined ? async () => questions?.answer(`Password of ${user}@${host} (${machine}): `, { visible: false }) : async () => known;
  const answer: PasswordCredential['answer'] = async ({ text, visible }) => questions?.answer(`${machine}: ${text}`, { visible });
  return [{ kind: 'password', label: 'password', secret, answer, attempts: known === undefined ? passwordPrompts : 1 }];
}

/** `LAB_SSH_PASSWORD_VM1`, else `LAB_SSH_PASSWORD`. */
function secretFromEnvironment(what: 'PASSWORD' | 'PASSPHRASE', machine: string): string | undefined {
  const own = `LAB_SSH_${what}_${machine.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`;
  return process.env[own] ?? process.env[`LAB_SSH_${what}`];
}

/** `~/.ssh/id_ed25519`, as people write it. */
function shortPath(path: string): string {
  const { home } = localUser();
  return path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}
