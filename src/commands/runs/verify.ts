import { basename } from 'node:path';
import { recordPlaces, type RecordPlace } from './record-places.ts';
import { userPath } from './user-path.ts';
import { UsageError } from '../../core/errors.ts';
import { say } from '../../core/language/say.ts';
import type { Misfit, SignatureState, Unknown } from '../../report/record/misfit.ts';
import { languageOfUser } from '../../report/language/languages.ts';
import type { RunDocument } from '../../report/run/run-summary.ts';
import { readTrustedKeys } from '../../evidence/verify/signature.ts';
import { verifyPage, verifyPageOf } from '../../evidence/verify/verify-page.ts';
import { verifyRecord, type VerifiedRecord, type VerifyRecordOptions } from '../../evidence/verify/verify-record.ts';
import type { CommandContext } from '../../session/context.ts';

export interface VerifyOptions {
  /** Name of a run or its start, or a path: the folder of a run or one that holds such, or the page of a report. Undefined: the newest run. */
  readonly what: string | undefined;
  /** Path of a public key, or of a list of allowed signers: one of them must have signed. */
  readonly key?: string | undefined;
  /** The one of the list that must have. */
  readonly signer?: string | undefined;
}

/** A sentence for people, and the same as data. */
export type Told<T> = T & { readonly message: string };

/** What came of one record. */
export interface VerifiedRun {
  readonly run: string;
  /** Absolute path of its folder, or of the page that carries it. */
  readonly path: string;
  readonly scenario: string;
  /** As it follows from the events. */
  readonly result: RunDocument['result'];
  readonly fits: boolean;
  readonly signature: Told<SignatureState>;
  /** Whether one of the keys that were given has signed it; left out when none were. */
  readonly isTrusted?: boolean;
  readonly misfits: readonly Told<Misfit>[];
  /** Contradictions that are not listed. */
  readonly more: number;
  /** What could not be compared. */
  readonly unknown: readonly Told<Unknown>[];
}

export interface VerifyResult {
  /** Whether all of them do; with keys, whether each is signed with one of them as well. */
  readonly fits: boolean;
  readonly records: readonly VerifiedRun[];
}

/**
 * Compares the parts of stored runs with each other.
 *
 * @throws {UsageError} when there is no such run, or none there. @throws {CheckError} `run-not-over` for a run that is
 * still played.
 */
export async function verify(context: CommandContext, { what, key, signer }: VerifyOptions): Promise<VerifyResult> {
  if (key === undefined && signer !== undefined)
    throw new UsageError(say`--signer needs --key`, {
      code: 'wrong-arguments',
      hint: say`For example:  lab verify --key allowed_signers --signer ada@example.org`,
    });
  const keys =
    key === undefined ? undefined : await readTrustedKeys(userPath(key, context.cwd), { label: key, signer });
  const places = await recordPlaces(context, what);
  const records: VerifiedRun[] = [];
  for (const place of places) {
    context.signal.throwIfAborted();
    records.push(await verifyAt(place, { keys, signal: context.signal }));
    if (places.length === 1 && records[0]!.result === 'running') throw stillPlayed(records[0]!);
  }
  return { fits: records.every(({ fits, isTrusted }) => fits && isTrusted !== false), records };
}

type Options = Pick<VerifyRecordOptions, 'keys' | 'signal'>;

async function verifyAt({ path, isPage }: RecordPlace, options: Options): Promise<VerifiedRun> {
  const { result, misfits, more, unknown, signature } = isPage
    ? await verifyPage(path, options)
    : await verifyFolder(path, options);
  const words = languageOfUser().record;
  return {
    run: result.run || basename(path),
    path,
    scenario: result.scenario,
    result: result.result,
    fits: misfits.length === 0,
    signature: { message: words.signature(signature), ...signature },
    ...(options.keys && { isTrusted: signature.kind === 'trusted' }),
    misfits: misfits.map((misfit) => Object.assign({ message: words.misfit(misfit) }, misfit)),
    more,
    unknown: unknown.map((each) => Object.assign({ message: words.unknown(each) }, each)),
  };
}

/** The record of a folder, and the page in it, which a reader takes for its report. */
async function verifyFolder(path: string, options: Options): Promise<VerifiedRecord> {
  const [record, page] = await Promise.all([verifyRecord(path, options), verifyPageOf(path)]);
  const isRunning = record.result.result === 'running';
  return {
    ...record,
    misfits: [...record.misfits, ...page.misfits],
    unknown: isRunning ? [{ kind: 'running' }] : [...record.unknown, ...page.unknown],
  };
}

function stillPlayed({ run }: VerifiedRun): UsageError {
  return new UsageError(say`the run ${run} is still played`, {
    code: 'run-not-over',
    hint: say`Wait for its end; its record is bound together then.`,
  });
}
