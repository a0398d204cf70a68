import type { Duplex } from 'node:stream';
import type { AuthenticationType, Client, ClientErrorExtensions } from 'ssh2';
import { algorithmsFor } from './algorithms.ts';
import {
  changedHostFailure, closedFailure, handshakeFailure, keyFailure, loginFailure, revokedHostFailure, timeoutFailure, unknownHostFailure,
} from './connect-failure.ts';
import { judge } from './host-key-policy.ts';
import { blobType, type HostKey, sameKey } from './keys.ts';
import type { ShellTarget } from './target.ts';

/** A dead peer is noticed after about `keepaliveMs * keepaliveCount`. */
const keepaliveMs = 5000;
const keepaliveCount = 3;
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

  constructor(target: ShellTarget, client: Client, stream: Duplex) {
    this.#target = target;
    this.#client = client;
    this.#stream = stream;
  }

  /** Resolves when the user is logged in and the host key is checked (and learnt, if the policy says so). */
  async run(signal: AbortSignal): Promise<void> {
    const abort = (): void => this.#outcome.reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    try {
      signal.throwIfAborted();
      this.#listen();
      this.#begin();
      await this.#outcome.promise;
      if (this.#mustLearn && this.#hostKey) await this.#target.hostKeys.learn?.(this.#hostKey);
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
      .on('keyboard-interactive', (_name, _instructions, _language, prompts, answer) => answer(prompts.map(() => this.#target.password ?? '')))
      .on('error', (error: Error & ClientErrorExtensions) => this.#onError(error))
      .on('close', () => this.#outcome.reject(closedFailure(this.#target, this.#phase, this.#heard)));
  }

  #begin(): void {
    const { user, privateKey, passphrase, agent, password, hostKeys } = this.#target;
    try {
      this.#client.connect({
        sock: this.#stream,
        username: user,
        ...(privateKey === undefined ? {} : { privateKey }),
        ...(passphrase === undefined ? {} : { passphrase }),
        ...(agent === undefined ? {} : { agent }),
        ...(password === undefined ? {} : { password, tryKeyboard: true }),
        algorithms: algorithmsFor(hostKeys.trusted),
        hostVerifier: (blob: Buffer) => this.#acceptsHostKey(blob),
        authHandler: this.#methods(),
        readyTimeout: 0,
        keepaliveInterval: keepaliveMs,
        keepaliveCountMax: keepaliveCount,
      });
    } catch (error) {
      this.#outcome.reject(keyFailure(this.#target, error));
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

  #acceptsHostKey(blob: Buffer): boolean {
    const key: HostKey = { type: blobType(blob) ?? 'unreadable', blob: Buffer.from(blob) };
    // Keys are exchanged again in long sessions; the host then has to show the same key.
    if (this.#hostKey) return sameKey(this.#hostKey, key);
    const verdict = judge(this.#target.hostKeys, key);
    if (verdict === 'unknown') this.#outcome.reject(unknownHostFailure(this.#target, key));
    if (verdict === 'changed') this.#outcome.reject(changedHostFailure(this.#target, key, this.#target.hostKeys.trusted));
    if (verdict === 'revoked') this.#outcome.reject(revokedHostFailure(this.#target, key));
    if (verdict !== 'trusted' && verdict !== 'learn') return false;
    this.#hostKey = key;
    this.#mustLearn = verdict === 'learn';
    return true;
  }

  /** Tries only what there is, and skips ssh2's opening `none`, which costs a round trip and never succeeds on a machine of ours. */
  #methods(): (left: AuthenticationType[] | null) => AuthenticationType | false {
    const { privateKey, agent, password } = this.#target;
    const untried: AuthenticationType[] = [];
    if (privateKey !== undefined) untried.push('publickey');
    if (agent !== undefined) untried.push('agent');
    if (password !== undefined) untried.push('password', 'keyboard-interactive');
    if (untried.length === 0) untried.push('none');
    return (left) => {
      if (left !== null) this.#offered = left;
      return untried.shift() ?? false;
    };
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
    return loginFailure(this.#target, this.#offered, error);
  }
}
