import type { Duplex } from 'node:stream';
import { CleanupStack } from '../../core/cleanup.ts';
import { ConnectionError } from '../../core/errors.ts';
import { retryUntil, type Attempt } from '../../core/time/retry.ts';
import { holdsSecret } from '../../core/text/secret-variable.ts';
import { connectShell, openTunnel, type Tunnel } from '../../ssh/connect.ts';
import type { Shell } from '../../ssh/shell.ts';
import { addressText, type ShellTarget, type SshAddress } from '../../ssh/target.ts';
import type { ProviderContext } from '../provider.ts';
import { credentialsFor } from './route/route-credentials.ts';
import { hostKeyPolicy } from './route/host-keys.ts';
import { localAddressOf } from './route/local-address.ts';
import { withLoginHint } from './route/login-hints.ts';
import type { Route } from './route/route.ts';

export type ReachContext = Pick<ProviderContext, 'stateFolder' | 'questions' | 'acceptNewHostKeys' | 'patience'>;

/** A server that is busy (MaxStartups of sshd_config(5)) or still starting hangs up at once; so long it is given to change its mind. */
const HANG_UP_TIMEOUT_MS = 4000;
const HANG_UP_INTERVAL_MS = 300;
const hangUps: ReadonlySet<string> = new Set(['ssh-hung-up', 'ssh-closed']);

/**
 * Opens the Shell of a machine over its route, through all jump hosts, each with its host key checked.
 *
 * @throws {ConnectionError} as `connectShell`, for the first part of the way that fails. @throws {EnvironmentError} for a key that is missing.
 */
export async function reach(
  machine: string,
  route: Route,
  tunnels: Tunnels,
  context: ReachContext,
  signal?: AbortSignal,
): Promise<Shell> {
  const held = new CleanupStack();
  try {
    const address = await addressOf(machine, route, tunnels, held, context, signal);
    const shell = await logIn({ machine, name: machine }, route, address, context, connectShell, signal);
    return route.jumps.length === 0 ? shell : thenRun(shell, held);
  } catch (error) {
    await held.run();
    throw error;
  }
}

/** A server on the way to a machine, or the machine itself. */
interface Server {
  readonly machine: string;
  /** What its own secrets are called. */
  readonly name: string;
}

async function logIn<T>(
  server: Server,
  route: Route,
  address: SshAddress,
  context: ReachContext,
  connect: (target: ShellTarget) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  const own = route.isBatch === true ? { ...context, questions: undefined } : context;
  const target = await targetOf(server, route, address, own, signal);
  try {
    // A command that leads there and fails is not the server's patience.
    return route.proxyCommand === undefined ? await patiently(() => connect(target), signal) : await connect(target);
  } catch (error) {
    throw withLoginHint(server.name, route, own.questions, error);
  }
}

/** Tunnels through jump hosts, shared by all machines behind them and closed when the last of them is. */
export class Tunnels {
  readonly #open = new Map<string, SharedTunnel>();

  /** The tunnel through the last of these hosts; `held` gives it back. */
  async through(
    machine: string,
    jumps: readonly Route[],
    held: CleanupStack,
    context: ReachContext,
    signal: AbortSignal | undefined,
  ): Promise<Tunnel> {
    const key = JSON.stringify(jumps);
    const shared = this.#open.get(key) ?? this.#make(machine, jumps, context, signal);
    this.#open.set(key, shared);
    shared.users++;
    held.add('close the tunnel', async () => {
      if (--shared.users > 0) return;
      this.#open.delete(key);
      await (await shared.tunnel.catch(() => undefined))?.close();
      await shared.held.run();
    });
    return shared.tunnel;
  }

  #make(
    machine: string,
    jumps: readonly Route[],
    context: ReachContext,
    signal: AbortSignal | undefined,
  ): SharedTunnel {
    const held = new CleanupStack();
    const last = { ...jumps.at(-1)!, jumps: jumps.slice(0, -1) };
    const open = async (): Promise<Tunnel> => {
      const address = await addressOf(machine, last, this, held, context, signal);
      return logIn({ machine, name: last.alias }, last, address, context, openTunnel, signal);
    };
    return { tunnel: open(), held, users: 0 };
  }
}

interface SharedTunnel {
  readonly tunnel: Promise<Tunnel>;
  /** What it stands on. */
  readonly held: CleanupStack;
  users: number;
}

/** Where the server of a route is, seen from here: an address, or a stream through what lies between. */
async function addressOf(
  machine: string,
  route: Route,
  tunnels: Tunnels,
  held: CleanupStack,
  context: ReachContext,
  signal: AbortSignal | undefined,
): Promise<SshAddress> {
  const { host, port, family, jumps, proxyCommand } = route;
  const label = addressText({ host, port });
  if (jumps.length > 0) {
    const tunnel = await tunnels.through(machine, jumps, held, context, signal);
    return { stream: () => tunnel.open(host, port), label };
  }
  if (proxyCommand !== undefined)
    return { stream: () => throughCommand(proxyCommand), label: `${label} (through ${proxyCommand})` };
  return { host, port, family, localAddress: localAddressOf(machine, route) };
}

async function throughCommand(line: string): Promise<Duplex> {
  const { pipeCommand } = await import('../../host/pipe-command.ts');
  // The user's own program needs the user's own environment, but no password of ours.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !holdsSecret(name)));
  return pipeCommand(line, env);
}

async function targetOf(
  { machine, name }: Server,
  route: Route,
  address: SshAddress,
  context: ReachContext,
  signal: AbortSignal | undefined,
): Promise<ShellTarget> {
  const [credentials, hostKeys] = await Promise.all([
    credentialsFor(name, route, context.questions),
    hostKeyPolicy(machine, route, context),
  ]);
  const { user, alias, algorithms, timeoutMs, heartbeat } = route;
  return {
    machine,
    user,
    address,
    credentials,
    hostKeys,
    algorithms,
    configName: alias,
    signal,
    timeoutMs,
    heartbeat,
    patience: context.patience,
  };
}

/** Tries again while the server hangs up before it knows us. */
async function patiently<T>(connect: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  let refusal: unknown;
  const attempt = async (): Promise<Attempt<T>> => {
    try {
      return { value: await connect() };
    } catch (error) {
      if (!(error instanceof ConnectionError) || !hangUps.has(error.code)) throw error;
      refusal = error;
      return { seen: error.message };
    }
  };
  return retryUntil(attempt, {
    what: 'the SSH server',
    timeoutMs: HANG_UP_TIMEOUT_MS,
    intervalMs: HANG_UP_INTERVAL_MS,
    signal,
  }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw refusal ?? error;
  });
}

/** The same Shell, whose end is followed by the clean-up of what it needed. */
function thenRun(shell: Shell, cleanup: CleanupStack): Shell {
  return {
    machine: shell.machine,
    user: shell.user,
    exec: (command, options) => shell.exec(command, options),
    start: (command, options) => shell.start(command, options),
    put: (content, path, options) => shell.put(content, path, options),
    get: (path, options) => shell.get(path, options),
    async close() {
      await shell.close();
      await cleanup.run();
    },
  };
}
