import type { BaseAgent, ParsedKey } from 'ssh2';
import { blobType, type HostKey } from '../trust/host-key.ts';
import type { SignatureRules } from './signatures.ts';

/** The package, which is loaded when it is needed. */
export type Ssh2 = typeof import('ssh2');

type Identities = (error: Error | undefined, keys?: (string | Buffer | ParsedKey)[]) => void;
type Signed = (error: Error | undefined, signature?: Buffer) => void;

export interface AgentRules {
  readonly signatures: SignatureRules;
  /** Only these of its keys. */
  readonly only?: readonly HostKey[] | undefined;
  /** These of its keys first: a server limits the attempts (sshd_config(5), MaxAuthTries). */
  readonly first?: readonly HostKey[] | undefined;
}

/** An agent of one key that is opened when the server has said that it would take it. */
export function lockedKeyAgent(
  ssh2: Ssh2,
  blob: Uint8Array,
  signatures: SignatureRules,
  unlock: () => Promise<ParsedKey | undefined>,
): BaseAgent {
  const publicKey = ssh2.utils.parseKey(sshLine(blob));
  return new (class extends ssh2.BaseAgent {
    override getIdentities(callback: Identities): void {
      callback(undefined, publicKey instanceof Error || !signatures.allows(publicKey.type) ? [] : [publicKey]);
    }

    override sign(key: unknown, data: Buffer, options: unknown, callback?: unknown): void {
      const { done, hash } = signArguments(options, callback);
      const refusal = signatures.refusal((key as ParsedKey).type, hash);
      if (refusal !== undefined) return done(refusal);
      unlock().then(
        (unlocked) =>
          unlocked === undefined
            ? done(new Error('no passphrase was given'))
            : done(undefined, unlocked.sign(data, hash)),
        (error: Error) => done(error),
      );
    }
  })();
}

/** An agent that shows some of its keys, in another order. */
export function ruledAgent(ssh2: Ssh2, agent: BaseAgent, { signatures, only, first = [] }: AgentRules): BaseAgent {
  const ruled = (keys: readonly unknown[]): ParsedKey[] => {
    const usable = keys
      .map((key) => ssh2.utils.parseKey(key as string))
      .filter((key): key is ParsedKey => !(key instanceof Error) && signatures.allows(key.type));
    const shown = only === undefined ? usable : usable.filter((key) => isOneOf(only, key));
    return [...shown.filter((key) => isOneOf(first, key)), ...shown.filter((key) => !isOneOf(first, key))];
  };
  return new (class extends ssh2.BaseAgent {
    override getIdentities(callback: Identities): void {
      agent.getIdentities((error, keys) => (error ? callback(error) : callback(undefined, ruled(keys ?? []))));
    }

    override sign(key: string | Buffer | ParsedKey, data: Buffer, options: unknown, callback?: unknown): void {
      const { done, hash } = signArguments(options, callback);
      const refusal = signatures.refusal((key as ParsedKey).type, hash);
      if (refusal !== undefined) return done(refusal);
      agent.sign(key, data, options as never, callback as never);
    }
  })();
}

function isOneOf(keys: readonly HostKey[], key: ParsedKey): boolean {
  return keys.some(({ blob }) => Buffer.compare(blob, key.getPublicSSH()) === 0);
}

function signArguments(
  options: unknown,
  callback: unknown,
): { readonly done: Signed; readonly hash: string | undefined } {
  return { done: (callback ?? options) as Signed, hash: (options as { hash?: string } | undefined)?.hash };
}

/** A public key as a line of authorized_keys. */
function sshLine(blob: Uint8Array): string {
  return `${blobType(blob) ?? ''} ${Buffer.from(blob).toString('base64')}`;
}
