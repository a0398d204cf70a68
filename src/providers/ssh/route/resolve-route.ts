import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EnvironmentError, systemCode } from '../../../core/errors.ts';
import { say } from '../../../core/language/say.ts';
import { localUser } from '../../../host/local-user.ts';
import { makeTemporaryFolder } from '../../../host/files/own-folder.ts';
import { findOnHost } from '../../../host/tools.ts';
import type { Machine } from '../../../lab/types.ts';
import { allowsWeak } from '../../../ssh/trust/algorithms.ts';
import {
  expandHome,
  expandPath,
  expandTokens,
  parseAnswer,
  pathsOf,
  valueOf,
  type OpenSshAnswer,
} from './openssh-config.ts';
import { algorithmListsOf, algorithmsOf, isYes, methodsOf } from './login-config.ts';
import { defaultKeyNames, usualMethods, USUAL_PASSWORD_PROMPTS, type Route } from './route.ts';

/** What is known of a server before OpenSSH's configuration is asked. */
interface Wanted {
  readonly alias: string;
  readonly port: number | undefined;
  readonly user: string | undefined;
  /** Used when the configuration does not name a user either. */
  readonly otherUser?: string | undefined;
  /** Key file of lab.yaml. */
  readonly key?: string | undefined;
}

/** `ssh -G` may run commands of the user (Match exec). */
const ASK_TIMEOUT_MS = 15_000;
const MOST_JUMPS = 8;
/** A user name that no configuration names. */
const NOBODY = 'lab-nobody-in-particular';

/**
 * The way to a machine: what lab.yaml says, and all else as OpenSSH's own client would do it (`ssh -G`). Where there is
 * no such client, OpenSSH's defaults hold.
 *
 * @throws {EnvironmentError} when the user's configuration has a fault, in the words of ssh(1).
 */
export async function resolveRoute({ name, user, isUserWritten, ssh }: Machine, signal?: AbortSignal): Promise<Route> {
  const written = isUserWritten ? user : undefined;
  return resolve(
    { alias: ssh?.host ?? name, port: ssh?.port, user: ssh?.user ?? written, otherUser: user, key: ssh?.key },
    MOST_JUMPS,
    signal,
  );
}

async function resolve(wanted: Wanted, jumpsLeft: number, signal: AbortSignal | undefined): Promise<Route> {
  const answer = await askOpenSsh(wanted, signal);
  if (answer === undefined) return defaultRoute(wanted);
  const route = routeOf(
    { ...wanted, user: wanted.user ?? (await userFor(wanted, answer, signal)) },
    answer,
    await whatAnybodyMay(answer, signal),
  );
  const jumps = valueOf(answer, 'proxyjump');
  if (jumps === undefined || route.proxyCommand !== undefined) return route;
  return { ...route, jumps: await resolveJumps(jumps, wanted.alias, jumpsLeft, signal) };
}

/**
 * Each host of `ProxyJump a,b` by the configuration for it. Only the nearest one may have jumps of its own; ssh(1) does
 * so too.
 */
async function resolveJumps(
  text: string,
  alias: string,
  jumpsLeft: number,
  signal: AbortSignal | undefined,
): Promise<Route[]> {
  if (jumpsLeft === 0) {
    throw new EnvironmentError(say`the way to ${alias} leads through more than ${MOST_JUMPS} jump hosts`, {
      code: 'too-many-jumps',
      hint: say`ProxyJump in ~/.ssh/config probably leads in a circle.`,
    });
  }
  const hops = await Promise.all(
    text.split(',').map((hop, index) => resolve(parseHop(hop.trim()), index === 0 ? jumpsLeft - 1 : 0, signal)),
  );
  const [nearest, ...others] = hops;
  if (nearest === undefined) return [];
  return [...nearest.jumps, { ...nearest, jumps: [] }, ...others.map(withoutWay)];
}

/** A host that is reached from the one before it. */
function withoutWay({ proxyCommand: _ignored, ...hop }: Route): Route {
  return { ...hop, jumps: [] };
}

/** `[user@]host[:port]` or `ssh://[user@]host[:port]`, as ssh_config(5) describes ProxyJump. */
export function parseHop(text: string): {
  readonly alias: string;
  readonly port: number | undefined;
  readonly user: string | undefined;
} {
  const [, user, bracketed, plain, port] =
    /^(?:ssh:\/\/)?(?:(.*)@)?(?:\[([^\]]+)\]|([^:]+|.*:.*:.*?))(?::(\d+))?\/?$/.exec(text) ?? [];
  return {
    user: user || undefined,
    alias: bracketed ?? plain ?? text,
    port: port === undefined ? undefined : Number(port),
  };
}

/**
 * The user that the configuration names, else `otherUser`. `ssh -G` answers with the local user when the configuration
 * names none; then it is asked again with a default user that no configuration would name.
 */
async function userFor(wanted: Wanted, answer: OpenSshAnswer, signal: AbortSignal | undefined): Promise<string> {
  const { name } = localUser();
  const user = valueOf(answer, 'user') ?? name;
  if (user !== name || wanted.otherUser === undefined) return user;
  const folder = makeTemporaryFolder('ssh');
  try {
    const file = join(folder, 'config');
    const included = [
      process.env['LAB_SSH_CONFIG'] ?? '~/.ssh/config',
      ...(process.env['LAB_SSH_CONFIG'] === undefined ? [systemConfig()] : []),
    ];
    await writeFile(file, `${included.map((path) => `Include "${path}"`).join('\n')}\nMatch all\n  User ${NOBODY}\n`);
    const second = await askOpenSsh(wanted, signal, file);
    return second !== undefined && valueOf(second, 'user') === name ? name : wanted.otherUser;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * What OpenSSH answers without any configuration, if that matters: old versions allow weak algorithms by default, and
 * we only where the configuration says so.
 */
async function whatAnybodyMay(
  answer: OpenSshAnswer,
  signal: AbortSignal | undefined,
): Promise<OpenSshAnswer | undefined> {
  return allowsWeak(algorithmListsOf(answer))
    ? askOpenSsh({ alias: NOBODY, port: undefined, user: undefined }, signal, 'none')
    : undefined;
}

function systemConfig(): string {
  return process.platform === 'win32' ? '__PROGRAMDATA__/ssh/ssh_config' : '/etc/ssh/ssh_config';
}

/** Undefined where there is no ssh(1). @throws {EnvironmentError} with its words when it refuses. */
async function askOpenSsh(
  { alias, port, user }: Wanted,
  signal: AbortSignal | undefined,
  file = process.env['LAB_SSH_CONFIG'],
): Promise<OpenSshAnswer | undefined> {
  const ssh = process.platform === 'win32' ? 'ssh' : findOnHost('ssh');
  if (ssh === undefined) return undefined;
  // execa takes a while to load, and only those who have to ask need it.
  const { runLocal } = await import('../../../host/run-local.ts');
  const options = [
    ...(file === undefined ? [] : ['-F', file]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...(user === undefined ? [] : ['-l', user]),
  ];
  const result = await runLocal([ssh, '-G', '-T', ...options, '--', alias], {
    timeoutMs: ASK_TIMEOUT_MS,
    ...(signal ? { signal } : {}),
  }).catch((error: unknown) => {
    if (systemCode(error) === 'cannot-start') return undefined;
    throw error;
  });
  if (result === undefined) return undefined;
  if (result.exitCode === 0) return parseAnswer(result.stdout);
  // A user ID without an account, as containers have it: ssh(1) then does nothing at all.
  if (/^No user exists for uid/m.test(result.stderr)) return undefined;
  throw new EnvironmentError(say`OpenSSH's configuration says nothing sensible about ${alias}`, {
    code: 'ssh-config-wrong',
    detail: result.stderr.trim(),
    hint: say`Correct ${file ?? '~/.ssh/config'}; "ssh -G ${alias}" shows what it means.`,
  });
}

function routeOf({ alias, user, key }: Wanted, answer: OpenSshAnswer, weakAnyway: OpenSshAnswer | undefined): Route {
  const host = valueOf(answer, 'hostname') ?? alias;
  const port = Number(valueOf(answer, 'port') ?? 22);
  const tokens = { alias, host, port, user: user ?? localUser().name };
  const files = (answer.get('identityfile') ?? [])
    .filter((path) => path !== 'none')
    .map((path) => ({ path: expandPath(path, tokens), isWanted: false }));
  const wanted = key === undefined ? [] : [{ path: expandHome(key), isWanted: true }];
  const agent = answer.get('identityagent')?.[0] ?? 'SSH_AUTH_SOCK';
  const timeout = Number(valueOf(answer, 'connecttimeout') ?? 0);
  const alive = Number(valueOf(answer, 'serveraliveinterval') ?? 0);
  const proxyCommand = valueOf(answer, 'proxycommand');
  const hostKeyAlias = valueOf(answer, 'hostkeyalias');
  const certificates = (answer.get('certificatefile') ?? []).map((path) => expandPath(path, tokens));
  return dropUndefined({
    ...tokens,
    family: { inet: 4, inet6: 6 }[valueOf(answer, 'addressfamily') ?? ''] as 4 | 6 | undefined,
    hostKeyAlias: hostKeyAlias && expandTokens(hostKeyAlias, tokens),
    keyFiles: [...wanted, ...byPreference(files.filter(({ path }) => path !== wanted[0]?.path))],
    onlyKeyFiles: isYes(answer, 'identitiesonly'),
    agent:
      agent.toLowerCase() === 'none'
        ? undefined
        : agent.startsWith('$') || agent === 'SSH_AUTH_SOCK'
          ? agent
          : expandPath(agent, tokens),
    knownHostsFiles: ['userknownhostsfile', 'globalknownhostsfile']
      .flatMap((keyword) => pathsOf(answer, keyword))
      .map((path) => expandPath(path, tokens)),
    newHostKeys: newHostKeysOf(valueOf(answer, 'stricthostkeychecking')),
    methods: methodsOf(answer),
    passwordPrompts: Number(valueOf(answer, 'numberofpasswordprompts') ?? USUAL_PASSWORD_PROMPTS),
    isBatch: isYes(answer, 'batchmode') || undefined,
    certificateFiles: certificates.length === 0 ? undefined : certificates,
    bindAddress: valueOf(answer, 'bindaddress'),
    bindInterface: valueOf(answer, 'bindinterface'),
    asksKnownHostsCommand: valueOf(answer, 'knownhostscommand') === undefined ? undefined : true,
    algorithms: algorithmsOf(answer, weakAnyway),
    timeoutMs: timeout > 0 ? timeout * 1000 : undefined,
    heartbeat:
      alive > 0 ? { intervalMs: alive * 1000, count: Number(valueOf(answer, 'serveralivecountmax') ?? 3) } : undefined,
    jumps: [],
    proxyCommand: proxyCommand && expandTokens(proxyCommand, tokens),
  });
}

/** OpenSSH goes on after a changed key with `no`; we never do. */
function newHostKeysOf(value: string | undefined): Route['newHostKeys'] {
  if (value === 'yes' || value === 'true') return 'refuse';
  return value === 'no' || value === 'false' || value === 'off' || value === 'accept-new' ? 'accept' : 'ask';
}

/** Default files in the order of what they cost the server and us; others as the user put them. */
function byPreference<T extends { readonly path: string }>(files: readonly T[]): T[] {
  const rank = ({ path }: T): number =>
    defaultKeyNames.findIndex((name) => path === join(localUser().home, '.ssh', name));
  const areDefaults = files.every((file) => rank(file) >= 0 || /id_(?:ecdsa_sk|ed25519_sk|xmss|dsa)$/.test(file.path));
  return areDefaults ? files.filter((file) => rank(file) >= 0).toSorted((a, b) => rank(a) - rank(b)) : [...files];
}

/** What OpenSSH would do without any configuration. */
function defaultRoute({ alias, port = 22, user, otherUser, key }: Wanted): Route {
  const folder = join(localUser().home, '.ssh');
  const own = defaultKeyNames.map((name) => ({ path: join(folder, name), isWanted: false }));
  return {
    alias,
    host: alias,
    port,
    user: user ?? otherUser ?? localUser().name,
    keyFiles: [...(key === undefined ? [] : [{ path: expandHome(key), isWanted: true }]), ...own],
    onlyKeyFiles: false,
    agent: 'SSH_AUTH_SOCK',
    knownHostsFiles: [join(folder, 'known_hosts'), join(folder, 'known_hosts2')],
    newHostKeys: 'ask',
    methods: usualMethods,
    passwordPrompts: USUAL_PASSWORD_PROMPTS,
    jumps: [],
  };
}

function dropUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T;
}
