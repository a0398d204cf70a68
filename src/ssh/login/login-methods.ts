import type { AnyAuthMethod, BaseAgent, ParsedKey } from 'ssh2';
import { lockedKeyAgent, ruledAgent, type Ssh2 } from './agents.ts';
import type { AgentCredential, Credential, KeyCredential, PasswordCredential } from './credential.ts';
import { isLocked, publicPartOf } from '../keys/locked-key.ts';
import { SignatureRules } from './signatures.ts';
import { say } from '../../core/language/say.ts';

export interface LoginMethodsOptions {
  readonly ssh2: Ssh2;
  readonly user: string;
  readonly credentials: readonly Credential[];
  /** How keys may sign: names of PubkeyAcceptedAlgorithms. */
  readonly signatures: readonly string[];
  /** Runs what may wait for a person. */
  readonly ask: <T>(work: () => Promise<T>) => Promise<T>;
  /** Called when the server asks without end. */
  readonly giveUp: (questions: number) => void;
}

/** Questions of a server in one attempt; a password, a code and a new password twice are four. */
const MOST_QUESTIONS = 16;
/** As ssh(1) does. */
const PASSPHRASE_ATTEMPTS = 3;

/** A key that cannot be used as it is. */
export class UnusableKey extends Error {}

/** Walks through the credentials, as the server asks for more. */
export class LoginMethods {
  /** What was tried, in words. */
  readonly tried: string[] = [];
  readonly #options: LoginMethodsOptions;
  #untried: readonly Credential[];
  readonly #uses = new Map<Credential, number>();
  readonly #signatures: SignatureRules;

  constructor(options: LoginMethodsOptions) {
    this.#options = options;
    this.#untried = options.credentials;
    this.#signatures = new SignatureRules(options.signatures);
  }

  /** Whether the server would have taken a key only with a signature over SHA-1, which is not allowed to it. */
  get wantsSha1(): boolean {
    return this.#signatures.hasRefused;
  }

  /**
   * The next thing to try, or false when nothing is left. `accepted` are the methods that the server goes on to accept;
   * null before it has said so.
   *
   * @throws {UnusableKey} for a key that is no private key, if it has to be one.
   */
  async next(accepted: readonly string[] | null): Promise<AnyAuthMethod | false> {
    for (;;) {
      const credential = this.#untried.find((untried) => methodFor(untried, accepted) !== undefined);
      // ssh2 asks with `none` first only if told to: it costs a round trip, and is needed only when no one should be
      // asked in vain.
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

  async #methodOf(
    credential: Credential,
    attempt: number,
    accepted: readonly string[] | null,
  ): Promise<AnyAuthMethod | undefined> {
    if (credential.kind === 'key') return this.#keyMethod(credential);
    if (credential.kind === 'agent')
      return { type: 'agent', username: this.#options.user, agent: this.#agentOf(credential) };
    return methodFor(credential, accepted) === 'password'
      ? this.#passwordMethod(credential, attempt)
      : this.#interactiveMethod(credential, attempt);
  }

  async #keyMethod(credential: KeyCredential): Promise<AnyAuthMethod | undefined> {
    const { ssh2, user } = this.#options;
    const { privateKey, passphrase } = credential;
    if (passphrase === undefined || !isLocked(privateKey)) return this.#openKeyMethod(credential);
    const blob = credential.publicKey?.blob ?? publicPartOf(privateKey);
    if (blob !== undefined)
      return {
        type: 'agent',
        username: user,
        agent: lockedKeyAgent(ssh2, blob, this.#signatures, () => this.#unlock(credential)),
      };
    const key = await this.#unlock(credential);
    return key && this.#publicKeyMethod(credential, key);
  }

  #openKeyMethod(credential: KeyCredential): AnyAuthMethod | undefined {
    const key = openKey(this.#options.ssh2, credential.privateKey);
    const problem = key instanceof Error ? key.message : key.isPrivateKey() ? undefined : say`it is a public key`;
    if (problem === undefined) return this.#publicKeyMethod(credential, key as ParsedKey);
    if (credential.isOptional !== true) throw new UnusableKey(problem);
    this.#remark(credential, say`which lab cannot use: ${problem}`);
    return undefined;
  }

  #publicKeyMethod(credential: KeyCredential, key: ParsedKey): AnyAuthMethod | undefined {
    if (this.#signatures.allows(key.type))
      return { type: 'publickey', username: this.#options.user, key: this.#signatures.guard(key) as unknown as string };
    this.#remark(credential, say`which PubkeyAcceptedAlgorithms does not allow: ${key.type}`);
    return undefined;
  }

  /** Says more of something that was tried. */
  #remark({ label }: Credential, remark: string): void {
    this.tried.splice(this.tried.indexOf(label), 1, `${label} (${remark})`);
  }

  /** Undefined when no right passphrase is given. */
  async #unlock(credential: KeyCredential): Promise<ParsedKey | undefined> {
    const { ssh2, ask } = this.#options;
    const { privateKey, passphrase } = credential;
    for (let attempt = 1; attempt <= PASSPHRASE_ATTEMPTS; attempt++) {
      const secret = await ask(async () => passphrase?.(attempt));
      if (secret === undefined) break;
      const key = openKey(ssh2, privateKey, secret);
      if (!(key instanceof Error)) return key;
    }
    this.#remark(credential, say`which stayed locked`);
    return undefined;
  }

  #agentOf({ socketPath, only, first }: AgentCredential): BaseAgent {
    const { ssh2 } = this.#options;
    return ruledAgent(ssh2, ssh2.createAgent(socketPath), { signatures: this.#signatures, only, first });
  }

  async #passwordMethod({ secret }: PasswordCredential, attempt: number): Promise<AnyAuthMethod | undefined> {
    const password = await this.#options.ask(() => secret(attempt));
    return password === undefined ? undefined : { type: 'password', username: this.#options.user, password };
  }

  #interactiveMethod(credential: PasswordCredential, attempt: number): AnyAuthMethod {
    const { user, ask, giveUp } = this.#options;
    let asked = 0;
    return {
      type: 'keyboard-interactive',
      username: user,
      prompt: (...[, , , prompts, finish]) => {
        asked += Math.max(1, prompts.length);
        if (asked > MOST_QUESTIONS) return giveUp(asked);
        const questions = prompts.map(({ prompt, echo }) => ({ text: prompt, visible: echo === true }));
        ask(() => answersTo(questions, credential, attempt)).then(finish, () => finish([]));
      },
    };
  }
}

/** Opening a locked key takes half a second (bcrypt), and many machines may have the same. */
const opened = new Map<string, ParsedKey | Error>();

function openKey(ssh2: Ssh2, privateKey: string, secret?: string): ParsedKey | Error {
  const name = `${secret ?? ''}\n${privateKey}`;
  const key = opened.get(name) ?? ssh2.utils.parseKey(privateKey, secret);
  opened.set(name, key);
  return key;
}

/** The password to the first question whose answer must not be seen; all others are passed on. */
async function answersTo(
  questions: readonly { text: string; visible: boolean }[],
  { secret, answer }: PasswordCredential,
  attempt: number,
): Promise<string[]> {
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
  const methods =
    credential.kind === 'password' ? (credential.methods ?? ['password', 'keyboard-interactive']) : ['publickey'];
  return accepted === null ? methods[0] : methods.find((method) => accepted.includes(method));
}
