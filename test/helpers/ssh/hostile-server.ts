import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import net, { type AddressInfo, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { AuthContext, Connection, ServerChannel, Session } from 'ssh2';
import { generateKeyPair } from '../../../src/ssh/keys/key-pair.ts';

/** What one account of the server does instead of serving; without an entry it serves well, by real shells of this host. */
export interface Misdeed {
  readonly login?: (attempt: AuthContext, client: Connection) => void;
  /** Of a logged-in client, before it asks for anything. */
  readonly ready?: (client: Connection) => void;
  /** Instead of an answer to the request for a session; `accept` opens it. */
  readonly session?: (accept: () => Session, reject: () => boolean, client: Connection) => void;
  /** Instead of an answer to the request for a command; `accept` opens its channel. */
  readonly exec?: (accept: () => ServerChannel, reject: () => boolean, client: Connection) => void;
  /** What the command's channel does, after the request was accepted. */
  readonly command?: (channel: ServerChannel, parts: CommandParts) => void;
}

export interface CommandParts {
  /** By which lab knows the beginning of its command. */
  readonly token: string;
  readonly client: Connection;
  /** Says that the command has begun, as a good server would. */
  readonly begin: () => void;
}

export interface HostileServer extends AsyncDisposable {
  readonly port: number;
  /** A line of known_hosts. */
  readonly knownHosts: string;
  /** Public half of the host key. */
  readonly hostKey: string;
  /** From now on accounts do what their name says; before, they serve well. */
  turn(): void;
  /** Resolves at the next login to this account. */
  visited(account: string): Promise<void>;
}

/** An SSH server in the test's own process whose accounts misbehave, each in its own way, once it has turned. OpenSSH's would not. */
export async function startHostileServer(misdeeds: Readonly<Record<string, Misdeed>>): Promise<HostileServer> {
  const { default: ssh2 } = await import('ssh2');
  const hostKey = generateKeyPair('hostile server');
  const visits = new Map<string, () => void>();
  const sockets = new Set<Socket>();
  let hasTurned = false;
  const server = new ssh2.Server({ hostKeys: [hostKey.privateKey] }, (client) => {
    let [deed, account]: [Misdeed, string] = [{}, ''];
    client
      .on('error', () => undefined)
      .on('authentication', (attempt) => {
        account = attempt.username;
        deed = hasTurned ? (misdeeds[attempt.username] ?? {}) : {};
        if (deed.login) deed.login(attempt, client);
        else attempt.accept();
      });
    client.on('ready', () => {
      visits.get(account)?.();
      deed.ready?.(client);
    });
    client.on('session', (accept, reject) => {
      const open = (): Session => serve(accept(), client, deed);
      if (deed.session) deed.session(open, reject as () => boolean, client);
      else open();
    });
  });
  const listener = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    server.injectSocket(socket);
  });
  const port = await listen(listener);
  return {
    port,
    knownHosts: `[127.0.0.1]:${port} ${hostKey.publicKey}\n`,
    hostKey: hostKey.publicKey,
    turn: () => (hasTurned = true),
    visited: (name) => new Promise((resolve) => visits.set(name, resolve)),
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** A server that may speak no SSH at all. */
export async function startRawServer(
  serveSocket: (socket: Socket) => void,
): Promise<{ readonly port: number } & AsyncDisposable> {
  const sockets = new Set<Socket>();
  const listener = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).resume();
    serveSocket(socket);
  });
  const port = await listen(listener);
  return {
    port,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function listen(server: net.Server): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  return (server.address() as AddressInfo).port;
}

function serve(session: Session, client: Connection, deed: Misdeed): Session {
  session
    .on('pty', (accept) => accept?.())
    .on('signal', (accept) => accept?.())
    .on('exec', (accept, reject, { command }) => {
      const open = (): ServerChannel => {
        const channel = accept();
        channel.on('error', () => undefined);
        return channel;
      };
      if (deed.exec) return deed.exec(open, reject as () => boolean, client);
      const channel = open();
      if (!deed.command) return runCommand(channel, command);
      const token = /lab-[0-9a-f]{18}/.exec(command)?.[0] ?? '';
      const begin = (): void => {
        channel.write(`${token} 1 -\n`);
        channel.stderr.write(`${token}\n`);
      };
      return deed.command(channel, { token, client, begin });
    });
  return session;
}

function runCommand(channel: ServerChannel, command: string): void {
  const child = spawn('/bin/sh', ['-c', command], { stdio: 'pipe', detached: true });
  channel.pipe(child.stdin);
  child.stdin.on('error', () => undefined);
  child.stdout.on('data', (chunk: Buffer) => channel.write(chunk));
  child.stderr.on('data', (chunk: Buffer) => channel.stderr.write(chunk));
  child.on('close', (code) => {
    channel.exit(code ?? 255);
    channel.end();
  });
  channel.on('close', () => child.stdin.end());
}

/** Writes the same bytes for ever, as fast as they are taken. */
export function writeForEver(stream: NodeJS.WritableStream & { readonly destroyed?: boolean }, bytes: Buffer): void {
  let isOpen = true;
  stream.on('close', () => (isOpen = false)).on('error', () => (isOpen = false));
  const go = (): void => {
    if (!isOpen || stream.destroyed === true) return;
    if (stream.write(bytes)) setImmediate(go);
    else stream.once('drain', go);
  };
  go();
}

/** Writes a piece now and then, for ever. */
export async function dribble(stream: NodeJS.WritableStream, text: string, everyMs: number): Promise<void> {
  const closed = new AbortController();
  stream.on('close', () => closed.abort());
  for (let index = 0; !closed.signal.aborted; index = (index + 1) % text.length) {
    stream.write(text[index]!);
    await delay(everyMs, undefined, { ref: false });
  }
}

/** Sends data on a channel past all windows. */
export function ignoreWindow(channel: ServerChannel, client: Connection, pieces: number): void {
  const { outgoing } = channel as unknown as { readonly outgoing: { readonly id: number } };
  const { _protocol: protocol } = client as unknown as {
    readonly _protocol: { channelData(id: number, data: Buffer): void };
  };
  // ssh2 drops what comes when a window is used up to the last byte; this steps over that.
  const bytes = randomBytes(30_001);
  for (let piece = 0; piece < pieces; piece++) protocol.channelData(outgoing.id, bytes);
}
