import { join, sep } from 'node:path';
import { EnvironmentError, messageOf, systemCode } from '../../../core/errors.ts';
import { NoOrdinaryFileError } from '../../../core/files/ordinary-file.ts';
import { say } from '../../../core/language/say.ts';
import { secretFromEnvironment } from '../../../core/text/secret-variable.ts';
import { localUser } from '../../../host/local-user.ts';
import { readText } from '../../../host/files/text-file.ts';
import type {
  Credential,
  KeyCredential,
  PasswordCredential,
  PasswordMethod,
  Secret,
} from '../../../ssh/login/credential.ts';
import { type HostKey, parseHostKey } from '../../../ssh/trust/host-key.ts';
import { serverText } from '../../../ssh/target.ts';
import type { Questions } from '../../provider.ts';
import { expandPath } from './openssh-config.ts';
import type { KeyFile, Route } from './route.ts';

/**
 * All ways to log in on a route, in the order of its methods; of keys that which lab.yaml names is the first, then come
 * those of an agent, then other files.
 *
 * @throws {EnvironmentError} `ssh-key-missing` when the key of lab.yaml cannot be read.
 */
export async function credentialsFor(
  machine: string,
  route: Route,
  questions: Questions | undefined,
): Promise<Credential[]> {
  const [usesKeys, passwordMethods] = [
    route.methods.includes('publickey'),
    route.methods.filter((method) => method !== 'publickey'),
  ];
  const keys = usesKeys ? await keysOf(machine, route, questions) : [];
  const passwords = passwordMethods.length === 0 ? [] : passwordOf(machine, route, passwordMethods, questions);
  return route.methods[0] === 'publickey' ? [...keys, ...passwords] : [...passwords, ...keys];
}

async function keysOf(machine: string, route: Route, questions: Questions | undefined): Promise<Credential[]> {
  const files = (await Promise.all(route.keyFiles.map((file) => readKey(machine, route, file, questions)))).flat();
  const publicKeys = (await Promise.all(route.keyFiles.map(({ path }) => readPublicKey(path)))).flat();
  return [
    ...files.filter(({ isOptional }) => !isOptional),
    ...agentOf(route, publicKeys),
    ...files.filter(({ isOptional }) => isOptional),
  ];
}

async function readKey(
  machine: string,
  route: Route,
  { path, isWanted }: KeyFile,
  questions: Questions | undefined,
): Promise<KeyCredential[]> {
  const label = say`key ${shortPath(path)}`;
  try {
    const privateKey = await readText(path);
    const [publicKey] = await readPublicKey(path);
    return [
      {
        kind: 'key',
        label,
        privateKey,
        publicKey,
        passphrase: passphraseOf(machine, path, questions),
        isOptional: !isWanted,
      },
    ];
  } catch (cause) {
    if (!isWanted) return [];
    throw new EnvironmentError(say`${machine}: the key ${shortPath(path)} cannot be read: ${unreadable(cause)}`, {
      code: 'ssh-key-missing',
      hint: say`Correct "key" of ${machine} in lab.yaml, or make one: ssh-keygen -t ed25519 -f ${path} && ssh-copy-id -i ${path} ${route.user}@${route.host}`,
      cause,
    });
  }
}

function unreadable(cause: unknown): string {
  if (systemCode(cause) === 'ENOENT') return say`there is no such file`;
  return cause instanceof NoOrdinaryFileError ? say`it is ${cause.kind}` : messageOf(cause);
}

async function readPublicKey(path: string): Promise<HostKey[]> {
  const text = await readText(path.endsWith('.pub') ? path : `${path}.pub`).catch(() => '');
  const key = parseHostKey(text);
  return key === undefined ? [] : [key];
}

/** The agent of IdentityAgent, else of the environment, else the service of Windows. */
function agentOf(route: Route, publicKeys: readonly HostKey[]): Credential[] {
  const { agent, onlyKeyFiles } = route;
  if (agent === undefined || (onlyKeyFiles && publicKeys.length === 0)) return [];
  const windows = process.platform === 'win32' ? String.raw`\\.\pipe\openssh-ssh-agent` : undefined;
  const socketPath =
    agent === 'SSH_AUTH_SOCK' || agent.startsWith('$')
      ? (process.env[agent.replace('$', '')] ?? windows)
      : expandPath(agent, route);
  if (socketPath === undefined || socketPath === '') return [];
  return [
    // Its label is the same word in each language: what is said of a refused login looks for it.
    { kind: 'agent', label: 'agent', socketPath, first: publicKeys, ...(onlyKeyFiles ? { only: publicKeys } : {}) },
  ];
}

function passphraseOf(machine: string, path: string, questions: Questions | undefined): Secret {
  const known = secretFromEnvironment('LAB_SSH_PASSPHRASE', machine);
  const ask = askOnce(say`Passphrase of ${shortPath(path)}: `, questions);
  return async (attempt) => {
    if (known !== undefined) return attempt === 1 ? known : undefined;
    return ask(attempt);
  };
}

function passwordOf(
  machine: string,
  { user, host, port, passwordPrompts }: Route,
  methods: readonly PasswordMethod[],
  questions: Questions | undefined,
): PasswordCredential[] {
  const known = secretFromEnvironment('LAB_SSH_PASSWORD', machine);
  const question = say`Password of ${user}@${serverText({ host, port })} (${machine}): `;
  if (known === undefined && questions === undefined && !typed.has(question)) return [];
  const secret: Secret = known === undefined ? askOnce(question, questions) : async () => known;
  const answer: PasswordCredential['answer'] = async ({ text, visible }) =>
    questions?.answer(say`${machine}: ${text}`, { visible });
  return [
    {
      kind: 'password',
      label: say`password`,
      secret,
      answer,
      methods,
      attempts: known === undefined ? passwordPrompts : 1,
    },
  ];
}

/**
 * What was typed for a question while this process ran, the newest last: one command may connect more than once, and
 * many machines may share a key.
 */
const typed = new Map<string, Promise<string | undefined>[]>();

/** Asks, unless the answer is known, or the same question is open; what turned out to be wrong is asked again. */
function askOnce(question: string, questions: Questions | undefined): Secret {
  let used = 0;
  return async () => {
    const answers = typed.get(question) ?? [];
    typed.set(question, answers);
    if (answers.length === used) answers.push(ask(question, questions));
    used = answers.length;
    const answer = await answers[used - 1];
    if (answer === undefined) typed.delete(question);
    return answer;
  };
}

async function ask(question: string, questions: Questions | undefined): Promise<string | undefined> {
  return questions?.answer(question, { visible: false });
}

/** `~/.ssh/id_ed25519`, as people write it. */
export function shortPath(path: string): string {
  const { home } = localUser();
  return path.startsWith(join(home, sep)) ? `~${path.slice(home.length)}` : path;
}
