import type { Duplex } from 'node:stream';
import type { AuthenticationType, Client, ClientErrorExtensions, NextAuthHandler } from 'ssh2';
import { algorithmsFor } from './algorithms.ts';
import {
  changedHostFailure, closedFailure, handshakeFailure, keyFailure, loginFailure, revokedHostFailure, timeoutFailure, unknownHostFailure,
} from './connect-failure.ts';
import type { Deadline } from './deadline.ts';
import { judge } from './host-key-policy.ts';
import { blobType, type HostKey, sameKey } from './keys.ts';
import { LoginMethods, UnusableKey, type Ssh2 } from './login-methods.ts';
import { credentialsOf, defaultHeartbeat, type ShellTarget } from './target.ts';

/** As much of what a server says before its SSH greeting as a message can show. */
const maxHeardBytes = 1024;

/** Brings one client over one connected stream from the greeting to the logged-in user, and keeps what an error message needs. */
export class Login {
  readonly #target: ShellTarget;
  readonly #client: Client;
  readonly #stream: Duplex;
  readonly #outcome = Promise.withResolvers<void>();
  #phase: 'greeting' | 'handshake' | 'login' = 'greeting';
  #heard = '';
  #offered: readonly string[] = [];
  #hostKey: HostKey | undefined;
  #mustLearn = false;
  readonly #methods: LoginMethods;
  readonly #deadline: Deadline;

  constructor(target: ShellTarget, ssh2: Ssh2, client: Client, stream: Duplex, deadline: Deadline) {
    this.#target = target;
    this.#client = client;
    this.#stream = stream;
    this.#deadline = deadline;
    this.#methods = new LoginMethods({ ssh2, user: target.user, credentials: credentialsOf(target), ask: (work) => deadline.pausedFor(work) });
  }

  /** Resolves with the host's key when the user is logged in and the key is checked (and learnt, if the policy says so). */
  async run(signal: AbortSignal): Promise<HostKey> {
    const abort = (): void => this.#outcome.reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    try {
      signal.throwIfAborted();
      this.#listen();
      this.#begin();
      await this.#outcome.promise;
      const hostKey = this.#hostKey!;
      if (this.#mustLearn) await this.#target.hostKeys.learn?.(hostKey);
      return hostKey;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** What to say when the time is up now. */
  timeout(timeoutMs: number): Error {
    return timeoutFailure(this.#target, this.#phase, timeoutMs, this.#heard);
  }

  #listen(): void {
    this.#client
      .on('handshake', () => {
        this.#phase = 'login';
      })
      .on('ready', () => this.#outcome.resolve())
      .on('error', (error: Error & ClientErrorExtensions) => this.#onError(error))
      .on('close', () => this.#outcome.reject(closedFailure(this.#target, this.#phase, this.#heard)));
  }

  #begin(): void {
    const { user, hostKeys, heartbeat = defaultHeartbeat } = this.#target;
    try {
      this.#client.connect({
        sock: this.#stream,
        username: user,
        algorithms: algorithmsFor(hostKeys.trusted),
        hostVerifier: (blob: Buffer, verify: (accepted: boolean) => void) => this.#verify(blob, verify),
        authHandler: (accepted: AuthenticationType[] | null, _partial: boolean, next: NextAuthHandler) => this.#tryNext(accepted, next),
        readyTimeout: 0,
        keepaliveInterval: heartbeat.intervalMs,
        keepaliveCountMax: heartbeat.count,
      });
    } catch (error) {
      this.#outcome.reject(handshakeFailure(this.#target, error));
    }
    this.#stream.on('data', this.#overhear);
  }

  /** What the server says before its greeting is the best clue when it is no SSH server. Added after ssh2 has paused the stream, so that no byte is taken from it. */
  readonly #overhear = (chunk: Buffer): void => {
    this.#heard = (this.#heard + chunk.toString('latin1')).slice(0, maxHeardBytes);
    if (!/^SSH-/m.test(this.#heard)) return;
    this.#stream.off('data', this.#overhear);
    if (this.#phase === 'greeting') this.#phase = 'handshake';
  };

  #verify(blob: Buffer, verify: (accepted: boolean) => void): void {
    const key: HostKey = { type: blobType(blob) ?? 'unreadable', blob: Buffer.from(blob) };
    const { hostKeys } = this.#target;
    // Keys are exchanged again in long sessions; the host then has to show the same key.
    if (this.#hostKey) return verify(sameKey(this.#hostKey, key));
    const verdict = judge(hostKeys, key);
    if (verdict !== 'trusted' && verdict !== 'learn') return this.#refuse(this.#hostKeyFailure(verdict, key), verify);
    const accept = (): void => {
      this.#hostKey = key;
      this.#mustLearn = verdict === 'learn';
      verify(true);
    };
    if (verdict === 'trusted' || hostKeys.confirm === undefined) return accept();
    const question = this.#deadline.pausedFor(async () => hostKeys.confirm?.(key));
    question.then((yes) => (yes ? accept() : this.#refuse(this.#hostKeyFailure('unknown', key), verify)), (error: Error) => this.#refuse(error, verify));
  }

  #refuse(failure: Error, verify: (accepted: boolean) => void): void {
    this.#outcome.reject(failure);
    verify(false);
  }

  #hostKeyFailure(verdict: 'unknown' | 'changed' | 'revoked', key: HostKey): Error {
    const target = this.#target;
    if (verdict === 'unknown') return unknownHostFailure(target, key);
    return verdict === 'changed' ? changedHostFailure(target, key, target.hostKeys.trusted) : revokedHostFailure(target, key);
  }

  #tryNext(accepted: AuthenticationType[] | null, next: NextAuthHandler): void {
    if (accepted !== null) this.#offered = accepted;
    this.#methods.next(accepted).then((method) => next(method as Parameters<NextAuthHandler>[0]), (error: unknown) => {
      this.#outcome.reject(error instanceof UnusableKey ? keyFailure(this.#target, error) : error);
    });
  }

  #onError(error: Error & ClientErrorExtensions): void {
    // ssh2 tells of an agent that is not there and goes on with the next method.
    if (error.level === 'agent') return;
    this.#outcome.reject(this.#explain(error));
  }

  #explain(error: Error & ClientErrorExtensions): Error {
    const broken = error.level === 'client-socket' || error.level === 'protocol';
    if (this.#phase === 'greeting' || broken) return closedFailure(this.#target, this.#phase, this.#heard, error);
    if (this.#phase === 'handshake') return handshakeFailure(this.#target, error);
    return loginFailure(this.#target, this.#methods.tried, this.#offered, error);
  }
}
