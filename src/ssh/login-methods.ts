import type { AnyAuthMethod, BaseAgent, ParsedKey } from 'ssh2';
import type { AgentCredential, Credential, KeyCredential, PasswordCredential } from './credentials.ts';
import type { HostKey } from './keys.ts';
import { isLocked, publicPartOf } from './locked-key.ts';

/** The package, which is loaded when it is needed. */
export type Ssh2 = typeof import('ssh2');

export interface LoginMethodsOptions {
  readonly ssh2: Ssh2;
  readonly user: string;
  readonly credentials: readonly Credential[];
  /** Runs what may wait for a person. */
  readonly ask: <T>(work: () => Promise<T>) => Promise<T>;
}

/** As ssh(1) does. */
const passphraseAttempts = 3;

/** A key that cannot be used as it is. */
export class UnusableKey extends Error {}

/** Walks through the credentials, as the server asks for more. */
export class LoginMethods {
  /** What was tried, in words. */
  readonly tried: string[] = [];
  readonly #options: LoginMethodsOptions;
  #untried: readonly Credential[];
  readonly #uses = new Map<Credential, number>();

  constructor(options: LoginMethodsOptions) {
    this.#options = options;
    this.#untried = options.credentials;
  }

  /**
   * The next thing to try, or false when nothing is left. `accepted` are the methods that the server goes on to accept; null before it has said so.
   *
   * @throws {UnusableKey} for a key that is no private key.
   */
  async next(accepted: readonly string[] | null): Promise<AnyAuthMethod | false> {
    for (;;) {
      const credential = this.#untried.find((untried) => methodFor(untried, accepted) !== undefined);
      // ssh2 asks with `none` first only if told to: it costs a round trip, and is needed only when nobody should be asked in vain.
      if (accepted === null && (credential === undefined || credential.kind === 'password')) return this.#none();
      if (credential === undefined) return false;
      const attempt = (this.#uses.get(credential) ?? 0) + 1;
      this.#uses.set(credential, attempt);
      if (attempt === 1) this.tried.push(credential.label);
      const method = await this.#methodOf(credential, attempt, accepted);
      const isDone = method === undefined || credential.kind !== 'password' || attempt >= credential.attempts;
      if (isDone) this.#untried = this.#untried.filter((untried) => untried !== credential);
      if (method !== undefined) return method;
    }
  }

  #none(): AnyAuthMethod {
    return { type: 'none', username: this.#options.user };
  }

  async #methodOf(credential: Credential, attempt: number, accepted: readonly string[] | null): Promise<AnyAuthMethod | undefined> {
    if (credential.kind === 'key') return this.#keyMethod(credential);
    if (credential.kind === 'agent') return { type: 'agent', username: this.#options.user, agent: this.#agentOf(credential) };
    return methodFor(credential, accepted) === 'password' ? this.#passwordMethod(credential, attempt) : this.#interactiveMethod(credential, attempt);
  }

  async #keyMethod(credential: KeyCredential): Promise<AnyAuthMethod | undefined> {
    const { ssh2, user } = this.#options;
    const { privateKey, passphrase } = credential;
    if (passphrase === undefined || !isLocked(privateKey)) {
      return { type: 'publickey', username: user, key: parseKey(ssh2, privateKey) as unknown as string };
    }
    const blob = credential.publicKey?.blob ?? publicPartOf(privateKey);
    if (blob !== undefined) return { type: 'agent', username: user, agent: lockedKeyAgent(ssh2, blob, () => this.#unlock(credential)) };
    const key = await this.#unlock(credential);
    return key && { type: 'publickey', username: user, key: key as unknown as string };
  }

  /** Undefined when nobody gives the right passphrase. */
  async #unlock({ label, privateKey, passphrase }: KeyCredential): Promise<ParsedKey | undefined> {
    const { ssh2, ask } = this.#options;
    for (let attempt = 1; attempt <= passphraseAttempts; attempt++) {
      const secret = await ask(async () => passphrase?.(attempt));
      if (secret === undefined) break;
      const key = ssh2.utils.parseKey(privateKey, secret);
      if (!(key instanceof Error)) return key;
    }
    this.tried.splice(this.tried.indexOf(label), 1, `${label} (which stayed locked)`);
    return undefined;
  }

  #agentOf({ socketPath, only }: AgentCredential): BaseAgent {
    const agent = this.#options.ssh2.createAgent(socketPath);
    return only === undefined ? agent : filteredAgent(this.#options.ssh2, agent, only);
  }

  async #passwordMethod({ secret }: PasswordCredential, attempt: number): Promise<AnyAuthMethod | undefined> {
    const password = await this.#options.ask(() => secret(attempt));
    return password === undefined ? undefined : { type: 'password', username: this.#options.user, password };
  }

  #interactiveMethod(credential: PasswordCredential, attempt: number): AnyAuthMethod {
    const { user, ask } = this.#options;
    return {
      type: 'keyboard-interactive',
      username: user,
      prompt: (_name, _instructions, _language, prompts, finish) => {
        const questions = prompts.map(({ prompt, echo }) => ({ text: prompt, visible: echo === true }));
        ask(() => answersTo(questions, credential, attempt)).then(finish, () => finish([]));
      },
    };
  }
}

/** The password to the first question whose answer must not be seen; all others are passed on. */
async function answersTo(questions: readonly { text: string; visible: boolean }[], { secret, answer }: PasswordCredential, attempt: number): Promise<string[]> {
  const answers: string[] = [];
  const passwordAt = questions.findIndex(({ visible }) => !visible);
  for (const [index, question] of questions.entries()) {
    const given = index === passwordAt ? await secret(attempt) : await answer?.(question);
    answers.push(given ?? '');
  }
  return answers;
}

/** How a credential would be used, if the server accepts that. */
function methodFor(credential: Credential, accepted: readonly string[] | null): string | undefined {
  const methods = credential.kind === 'password' ? ['password', 'keyboard-interactive'] : ['publickey'];
  return accepted === null ? methods[0] : methods.find((method) => accepted.includes(method));
}

function parseKey(ssh2: Ssh2, text: string): ParsedKey {
  const key = ssh2.utils.parseKey(text);
  if (key instanceof Error) throw new UnusableKey(key.message);
  if (!key.isPrivateKey()) throw new UnusableKey('it is a public key');
  return key;
}

/** An agent of one key that is opened when the server has said that it would take it. */
function lockedKeyAgent(ssh2: Ssh2, blob: Uint8Array, unlock: () => Promise<ParsedKey | undefined>): BaseAgent {
  return new (class extends ssh2.BaseAgent {
    override getIdentities(callback: (error: Error | undefined, keys?: (string | Buffer | ParsedKey)[]) => void): void {
      const publicKey = ssh2.utils.parseKey(sshLine(blob));
      callback(undefined, publicKey instanceof Error ? [] : [publicKey]);
    }

    override sign(_key: unknown, data: Buffer, options: unknown, callback?: unknown): void {
      const done = (callback ?? options) as (error: Error | undefined, signature?: Buffer) => void;
      const hash = (options as { hash?: string } | undefined)?.hash;
      unlock().then((key) => (key === undefined ? done(new Error('no passphrase was given')) : done(undefined, key.sign(data, hash))), (error: Error) => done(error));
    }
  })();
}

/** An agent that shows only some of its keys. */
function filteredAgent(ssh2: Ssh2, agent: BaseAgent, only: readonly HostKey[]): BaseAgent {
  const isWanted = (key: unknown): boolean => {
    const parsed = ssh2.utils.parseKey(key as string);
    return !(parsed instanceof Error) && only.some(({ blob }) => Buffer.compare(blob, parsed.getPublicSSH()) === 0);
  };
  return new (class extends ssh2.BaseAgent {
    override getIdentities(callback: (error: Error | undefined, keys?: (string | Buffer | ParsedKey)[]) => void): void {
      agent.getIdentities((error, keys) => callback(error ?? undefined, keys?.filter(isWanted) as ParsedKey[]));
    }

    override sign(key: string | Buffer | ParsedKey, data: Buffer, options: unknown, callback?: unknown): void {
      agent.sign(key, data, options as never, callback as never);
    }
  })();
}

/** A public key as a line of authorized_keys. */
function sshLine(blob: Uint8Array): string {
  const bytes = Buffer.from(blob);
  return `${bytes.toString('latin1', 4, 4 + bytes.readUInt32BE(0))} ${bytes.toString('base64')}`;
}
