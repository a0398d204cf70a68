import type { Duplex } from 'node:stream';
import { CleanupStack } from '../../core/cleanup.ts';
import { ConnectionError } from '../../core/errors.ts';
import { say } from '../../core/language/say.ts';
import { retryUntil, type Attempt } from '../../core/time/retry.ts';
import { holdsSecret } from '../../core/text/secret-variable.ts';
import { connectPorts, connectShell, openTunnel, type Tunnel } from '../../ssh/connect.ts';
import type { MachinePorts } from '../../ssh/machine-ports.ts';
import { overShell } from '../../ssh/over-shell.ts';
import type { Shell } from '../../ssh/shell.ts';
import { serverText, type ShellTarget, type SshAddress } from '../../ssh/target.ts';
import type { LoginPolicy } from '../provider.ts';
import { credentialsFor } from './route/route-credentials.ts';
import { hostKeyPolicy } from './route/host-keys.ts';
import { localAddressOf } from './route/local-address.ts';
import { withLoginHint } from './route/login-hints.ts';
import type { Route } from './route/route.ts';

/** How the servers of one lab are reached. */
export interface Access {
  /** Absolute path of the `.lab` folder, which holds the host keys that were learnt. */
  readonly stateFolder: string;
  readonly login: LoginPolicy;
  readonly tunnels: Tunnels;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A server that is busy (MaxStartups of sshd_config(5)) or still starting hangs up at once; this is how long it is
 * tried again.
 */
const HANG_UP_TIMEOUT_MS = 4000;
const HANG_UP_INTERVAL_MS = 300;
const hangUps: ReadonlySet<string> = new Set(['ssh-hung-up', 'ssh-closed']);

/**
 * Opens the Shell of a machine over its route, through all jump hosts, each with its host key checked.
 *
 * @throws {ConnectionError} as `connectShell`, for the first part of the way that fails.
 * @throws {EnvironmentError} for a key that is missing.
 */
export async function reach(machine: string, route: Route, access: Access): Promise<Shell> {
  return over(machine, route, access, async (server, held) => {
    const shell = await logIn(server, access, connectShell);
    return route.jumps.length === 0 ? shell : thenRun(shell, held);
  });
}

/** Opens a way to the ports of a machine. Throws as `reach`. */
export async function reachPorts(machine: string, route: Route, access: Access): Promise<MachinePorts> {
  return over(machine, route, access, async (server, held) => {
    const ports = await logIn(server, access, connectPorts);
    return {
      open: (host, port) => ports.open(host, port),
      ended: ports.ended,
      async close() {
        await ports.close();
        await held.run();
      },
    };
  });
}

/** `held` is what the way stands on. */
async function over<T>(
  machine: string,
  route: Route,
  access: Access,
  work: (server: Server, held: CleanupStack) => Promise<T>,
): Promise<T> {
  const held = new CleanupStack();
  try {
    const address = await addressOf(machine, route, held, access);
    return await work({ machine, name: machine, route, address }, held);
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
  readonly route: Route;
  readonly address: SshAddress;
}

async function logIn<T>(server: Server, access: Access, connect: (target: ShellTarget) => Promise<T>): Promise<T> {
  const { name, route } = server;
  const login = route.isBatch === true ? { ...access.login, questions: undefined } : access.login;
  const target = await targetOf(server, { ...access, login });
  try {
    // A command that leads there and fails is not the server's patience.
    return route.proxyCommand === undefined
      ? await patiently(() => connect(target), access.signal)
      : await connect(target);
  } catch (error) {
    throw withLoginHint(name, route, login.questions, error);
  }
}

/** Tunnels through jump hosts, shared by all machines behind them and closed when the last of them is. */
export class Tunnels {
  readonly #open = new Map<string, SharedTunnel>();

  /** The tunnel through the last of these hosts; `held` gives it back. */
  async through(machine: string, jumps: readonly Route[], held: CleanupStack, access: Access): Promise<Tunnel> {
    const key = JSON.stringify(jumps);
    const shared = this.#open.get(key) ?? this.#make(machine, jumps, access);
    this.#open.set(key, shared);
    shared.users++;
    held.add(say`close the tunnel`, async () => {
      if (--shared.users > 0) return;
      this.#open.delete(key);
      await (await shared.tunnel.catch(() => undefined))?.close();
      await shared.held.run();
    });
    return shared.tunnel;
  }

  #make(machine: string, jumps: readonly Route[], access: Access): SharedTunnel {
    const held = new CleanupStack();
    const route = { ...jumps.at(-1)!, jumps: jumps.slice(0, -1) };
    const open = async (): Promise<Tunnel> => {
      const address = await addressOf(machine, route, held, access);
      return logIn({ machine, name: route.alias, route, address }, access, openTunnel);
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
async function addressOf(machine: string, route: Route, held: CleanupStack, access: Access): Promise<SshAddress> {
  const { host, port, family, jumps, proxyCommand } = route;
  const label = serverText({ host, port });
  if (jumps.length > 0) {
    const tunnel = await access.tunnels.through(machine, jumps, held, access);
    return { stream: () => tunnel.open(host, port), label };
  }
  if (proxyCommand !== undefined)
    return { stream: () => throughCommand(proxyCommand), label: say`${label} (through ${proxyCommand})` };
  return { host, port, family, localAddress: localAddressOf(machine, route) };
}

async function throughCommand(line: string): Promise<Duplex> {
  const { pipeCommand } = await import('../../host/pipe-command.ts');
  // The user's own program needs the user's own environment, but no password of ours.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !holdsSecret(name)));
  return pipeCommand(line, env);
}

async function targetOf({ machine, name, route, address }: Server, access: Access): Promise<ShellTarget> {
  const { login, signal } = access;
  const [credentials, hostKeys] = await Promise.all([
    credentialsFor(name, route, login.questions),
    hostKeyPolicy(machine, route, access),
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
    patience: login.patience,
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
    what: say`the SSH server`,
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
  return overShell(shell, {
    async close() {
      await shell.close();
      await cleanup.run();
    },
  });
}
