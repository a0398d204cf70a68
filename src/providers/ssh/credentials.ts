import { readFile } from 'node:fs/promises';
import { EnvironmentError, messageOf, systemCode } from '../../core/errors.ts';
import { localUser } from '../../host/local-user.ts';
import type { Credential, PasswordCredential, Secret } from '../../ssh/credentials.ts';
import { parseHostKey, type HostKey } from '../../ssh/keys.ts';
import { addressText } from '../../ssh/target.ts';
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
  const ask = askOnce(`Passphrase of ${shortPath(path)}: `, questions);
  return async (attempt) => {
    if (known !== undefined) return attempt === 1 ? known : undefined;
    return ask(attempt);
  };
}

function passwordOf(machine: string, { user, host, port }: Route, questions: Questions | undefined): PasswordCredential[] {
  const known = secretFromEnvironment('PASSWORD', machine);
  const question = `Password of ${user}@${addressText({ host, port })} (${machine}): `;
  if (known === undefined && questions === undefined && !typed.has(question)) return [];
  const secret: Secret = known === undefined ? askOnce(question, questions) : async () => known;
  const answer: PasswordCredential['answer'] = async ({ text, visible }) => questions?.answer(`${machine}: ${text}`, { visible });
  return [{ kind: 'password', label: 'password', secret, answer, attempts: known === undefined ? passwordPrompts : 1 }];
}

/** What was typed for a question in the life of this process; one command may connect more than once. */
const typed = new Map<string, string>();

/** Asks, unless it was asked before; what turned out to be wrong is asked again. */
function askOnce(question: string, questions: Questions | undefined): Secret {
  return async (attempt) => {
    const remembered = typed.get(question);
    if (attempt === 1 && remembered !== undefined) return remembered;
    const answer = await questions?.answer(question, { visible: false });
    if (answer === undefined) typed.delete(question);
    else typed.set(question, answer);
    return answer;
  };
}

function secretFromEnvironment(what: 'PASSWORD' | 'PASSPHRASE', machine: string): string | undefined {
  return process.env[secretVariable(what, machine)] ?? process.env[`LAB_SSH_${what}`];
}

/** `LAB_SSH_PASSWORD_VM1`: what is set for one machine wins over `LAB_SSH_PASSWORD`. */
export function secretVariable(what: 'PASSWORD' | 'PASSPHRASE', machine: string): string {
  return `LAB_SSH_${what}_${machine.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`;
}

/** `~/.ssh/id_ed25519`, as people write it. */
function shortPath(path: string): string {
  const { home } = localUser();
  return path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}
