import type { Duplex } from 'node:stream';
import type { AuthenticationType, Client, ClientErrorExtensions, NextAuthHandler } from 'ssh2';
import type { Ssh2 } from './agents.ts';
import { algorithmFailure, forbiddenFailure } from './algorithm-failure.ts';
import { algorithmsFor, type AlgorithmLists, usualAlgorithms } from '../trust/algorithms.ts';
import { hostKeyFailure } from './host-key-failure.ts';
import {
  closedFailure,
  handshakeFailure,
  keyFailure,
  loginFailure,
  type LoginPhase,
  loginTimeout,
  questionsFailure,
} from './login-failure.ts';
import type { TimeLimit } from '../../core/time/time-limit.ts';
import { blobType, type HostKey, judge, sameKey } from '../trust/host-key.ts';
import { LoginMethods, UnusableKey } from './login-methods.ts';
import { parseOffer } from '../trust/server-offer.ts';
import { SignatureRefused } from './signatures.ts';
import { defaultHeartbeat } from '../patience.ts';
import type { ShellTarget } from '../target.ts';

/** As much of what a server says before its SSH greeting as a message can show. */
const MAX_HEARD_BYTES = 1024;
/** As much as its greeting and its offer of algorithms may take together; OpenSSH's take 1 to 2 KiB. */
const MAX_OVERHEARD_BYTES = 64 * 1024;

export interface LoginParts {
  readonly ssh2: Ssh2;
  readonly client: Client;
  /** Leads to the server; nothing has been read from it. */
  readonly stream: Duplex;
  /** Paused while a person is asked something. */
  readonly limit: TimeLimit;
}

/**
 * Brings one client over one connected stream from the greeting to the logged-in user, and keeps what an error message
 * needs.
 */
export class Login {
  readonly #target: ShellTarget;
  readonly #client: Client;
  readonly #stream: Duplex;
  readonly #outcome = Promise.withResolvers<void>();
  #phase: LoginPhase = 'greeting';
  #overheard: Buffer = Buffer.alloc(0);
  #offered: readonly string[] = [];
  #hostKey: HostKey | undefined;
  #mustLearn = false;
  readonly #methods: LoginMethods;
  readonly #limit: TimeLimit;
  readonly #algorithms: AlgorithmLists;

  constructor(target: ShellTarget, { ssh2, client, stream, limit }: LoginParts) {
    this.#target = target;
    this.#client = client;
    this.#stream = stream;
    this.#limit = limit;
    this.#algorithms = { ...usualAlgorithms, ...target.algorithms };
    const { pubkeyacceptedalgorithms } = this.#algorithms;
    this.#methods = new LoginMethods({
      ssh2,
      user: target.user,
      credentials: target.credentials,
      signatures: pubkeyacceptedalgorithms,
      ask: (work) => limit.pausedFor(work),
      giveUp: (questions) => this.#outcome.reject(questionsFailure(target, questions)),
    });
  }

  /**
   * Resolves with the host's key when the user is logged in and the key is checked (and learnt, if the policy says so).
   */
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
    return loginTimeout(this.#target, { phase: this.#phase, heard: this.#heard, timeoutMs });
  }

  /** For the whole life of the client: an `error` without a listener would end the process. */
  #listen(): void {
    this.#client
      .on('handshake', () => {
        this.#phase = 'login';
        this.#stream.off('data', this.#overhear);
      })
      .on('ready', () => this.#outcome.resolve())
      .on('error', (error: Error & ClientErrorExtensions) => this.#onError(error))
      .on('close', () => this.#outcome.reject(this.#closed()));
  }

  #begin(): void {
    const { user, hostKeys, heartbeat = defaultHeartbeat } = this.#target;
    const forbidden = forbiddenFailure(this.#target, this.#algorithms);
    if (forbidden !== undefined) return this.#outcome.reject(forbidden);
    try {
      this.#client.connect({
        sock: this.#stream,
        username: user,
        algorithms: algorithmsFor(hostKeys.trusted, this.#algorithms),
        hostVerifier: (blob: Buffer, verify: (accepted: boolean) => void) => this.#verify(blob, verify),
        authHandler: (accepted: AuthenticationType[] | null, _partial: boolean, next: NextAuthHandler) =>
          this.#tryNext(accepted, next),
        readyTimeout: 0,
        keepaliveInterval: heartbeat.intervalMs,
        keepaliveCountMax: heartbeat.count,
      });
    } catch (error) {
      this.#outcome.reject(handshakeFailure(this.#target, error));
    }
    // Before ssh2, which may fail in the midst of what is to be heard; the stream does not flow yet, so that no byte is
    // taken from it.
    this.#stream.prependListener('data', this.#overhear);
  }

  /**
   * What the server says before its greeting is the best clue when it is no SSH server, and what it offers after it
   * when the key exchange fails.
   */
  readonly #overhear = (chunk: Buffer): void => {
    this.#overheard = Buffer.concat([this.#overheard, chunk]).subarray(0, MAX_OVERHEARD_BYTES);
    if (this.#phase === 'greeting' && /^SSH-/m.test(this.#overheard.toString('latin1'))) this.#phase = 'handshake';
  };

  get #heard(): string {
    return this.#overheard.toString('latin1', 0, MAX_HEARD_BYTES);
  }

  #verify(blob: Buffer, verify: (accepted: boolean) => void): void {
    const key: HostKey = { type: blobType(blob) ?? 'unreadable', blob: Buffer.from(blob) };
    const { hostKeys } = this.#target;
    // Keys are exchanged again in long sessions; the host then has to show the same key.
    if (this.#hostKey) return verify(sameKey(this.#hostKey, key));
    const verdict = judge(hostKeys, key);
    if (verdict !== 'trusted' && verdict !== 'learn')
      return this.#refuse(hostKeyFailure(this.#target, verdict, key), verify);
    const accept = (): void => {
      this.#hostKey = key;
      this.#mustLearn = verdict === 'learn';
      verify(true);
    };
    if (verdict === 'trusted' || hostKeys.confirm === undefined) return accept();
    const question = this.#limit.pausedFor(async () => hostKeys.confirm?.(key));
    question.then(
      (yes) => (yes ? accept() : this.#refuse(hostKeyFailure(this.#target, 'unknown', key), verify)),
      (error: Error) => this.#refuse(error, verify),
    );
  }

  #refuse(failure: Error, verify: (accepted: boolean) => void): void {
    this.#outcome.reject(failure);
    verify(false);
  }

  #tryNext(accepted: AuthenticationType[] | null, next: NextAuthHandler): void {
    if (accepted !== null) this.#offered = accepted;
    this.#methods.next(accepted).then(
      (method) => next(method as Parameters<NextAuthHandler>[0]),
      (error: unknown) => {
        this.#outcome.reject(error instanceof UnusableKey ? keyFailure(this.#target, error) : error);
      },
    );
  }

  #onError(error: Error & ClientErrorExtensions): void {
    // ssh2 reports an agent that is not there and goes on with the next method.
    if (error.level === 'agent' || error instanceof SignatureRefused) return;
    this.#outcome.reject(this.#explain(error));
  }

  #closed(cause?: unknown): Error {
    return closedFailure(this.#target, { phase: this.#phase, heard: this.#heard, cause });
  }

  #explain(error: Error & ClientErrorExtensions): Error {
    const broken = error.level === 'client-socket' || error.level === 'protocol';
    if (this.#phase === 'greeting' || broken) return this.#closed(error);
    if (this.#phase === 'handshake') return this.#explainHandshake(error);
    return loginFailure(
      this.#target,
      { tried: this.#methods.tried, offered: this.#offered, wantsSha1: this.#methods.wantsSha1 },
      error,
    );
  }

  #explainHandshake(error: Error): Error {
    const offer = parseOffer(this.#overheard);
    return (
      (offer && algorithmFailure(this.#target, this.#algorithms, offer, error)) ?? handshakeFailure(this.#target, error)
    );
  }
}
