import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CheckError, UsageError } from '../../core/errors.ts';
import { say } from '../../core/language/say.ts';
import { localUser } from '../../host/local-user.ts';
import { signRecord } from '../../evidence/verify/sign-record.ts';
import { SIGNATURE_FILE } from '../../report/run/run-files.ts';
import { verifyRecord } from '../../evidence/verify/verify-record.ts';
import { languageOfUser } from '../../report/language/languages.ts';
import type { CommandContext } from '../../session/context.ts';
import { recordPlaces } from './record-places.ts';
import { userPath } from './user-path.ts';

export interface SignOptions {
  /** Name of a run or its start, or the path of its folder; undefined: the newest. */
  readonly what: string | undefined;
  /** Path of a private key, or of a public one whose private half an agent has; undefined: the first of `~/.ssh`. */
  readonly key: string | undefined;
}

export interface SignResult {
  readonly run: string;
  /** Absolute path of the signature. */
  readonly file: string;
  /** Fingerprint of the key: `SHA256:…`. */
  readonly key: string;
}

/** The keys that ssh-keygen makes without being asked for others, today's first. */
const defaultKeys = ['id_ed25519', 'id_ed25519_sk', 'id_ecdsa', 'id_ecdsa_sk', 'id_rsa'];

/**
 * Signs the record of a run, which must fit: nobody shall vouch for what contradicts itself.
 *
 * @throws {UsageError} when there is no such run or key. @throws {CheckError} `record-unfit`, `no-hashes`.
 * @throws {EnvironmentError} `no-ssh-keygen`, `not-signed`.
 */
export async function sign(context: CommandContext, { what, key }: SignOptions): Promise<SignResult> {
  const [place, ...more] = await recordPlaces(context, what);
  const folder = place!.path;
  if (more.length > 0)
    throw new UsageError(
      say`there are ${more.length + 1} runs in ${what ?? '.'}, and a signature is given to one at a time`,
      { code: 'several-records', hint: say`Name one of them, for example ${folder}` },
    );
  if (place!.isPage)
    throw new UsageError(say`the folder of a run is signed, not the page of its report`, {
      code: 'no-record',
      hint: say`A page that is made later carries the signature: lab sign RUN, then lab report RUN`,
    });
  const chosen = key === undefined ? defaultKey() : { path: userPath(key, context.cwd), label: key };
  const record = await verifyRecord(folder);
  // An old signature of what the folder holds now no more is what is replaced.
  const misfit = record.misfits.find(({ kind }) => kind !== 'signature');
  const run = record.result.run || basename(folder);
  if (misfit !== undefined)
    throw new CheckError(say`the record of ${run} does not fit: ${languageOfUser().record.misfit(misfit)}`, {
      code: 'record-unfit',
      hint: say`It is not signed. "lab verify" tells all; "lab run" plays it again.`,
    });
  if (record.unknown.some(({ kind }) => ['no-hashes', 'no-run-file', 'broke-off'].includes(kind)))
    throw new CheckError(say`the record of ${run} has no hashes, so a signature would cover nothing but its run.json`, {
      code: 'no-hashes',
      hint: say`Play it again with this lab: lab run`,
    });
  return { run, file: join(folder, SIGNATURE_FILE), key: await signRecord(folder, chosen, context.signal) };
}

function defaultKey(): { readonly path: string; readonly label: string } {
  const name = defaultKeys.find((each) => existsSync(join(localUser().home, '.ssh', each)));
  if (name !== undefined) return { path: join(localUser().home, '.ssh', name), label: `~/.ssh/${name}` };
  throw new UsageError(say`there is no key in ~/.ssh to sign with`, {
    code: 'key-missing',
    hint: say`Make one (ssh-keygen -t ed25519), or name one: lab sign --key FILE`,
  });
}
