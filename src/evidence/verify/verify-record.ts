import { join } from 'node:path';
import packageJson from '../../../package.json' with { type: 'json' };
import { LabError, messageOf } from '../../core/errors.ts';
import type { HashedFile } from '../../core/files/sha256.ts';
import type { LabDescription } from '../../core/lab-description.ts';
import { parseJson } from '../../core/json/json-text.ts';
import { ShapeError } from '../../core/json/shape.ts';
import { say } from '../../core/language/say.ts';
import {
  misfitsAt,
  type Misfit,
  type MisfitFacts,
  type RecordCheck,
  type SignatureState,
  type Unknown,
} from '../../report/record/misfit.ts';
import { Recheck } from '../../scenario/recheck/recheck.ts';
import { verbNamed } from '../../scenario/verbs/index.ts';
import { CAPTURE_FILE, roleFile, SIGNATURE_FILE } from '../../report/run/run-files.ts';
import { runShape } from '../../report/run/run-shape.ts';
import type { RunDocument } from '../../report/run/run-summary.ts';
import { LAB_VERSION, madeByAnother, makerOf } from '../../state/lab-version.ts';
import { concluded } from '../../state/runs/read-run.ts';
import { readStoredBytes } from '../../state/files/stored-file.ts';
import { checkFiles } from './check-files.ts';
import { checkPackets } from './check-packets.ts';
import { compareResult, RUN_FILE } from './compare-result.ts';
import { checkSignature, type TrustedKeys } from './signature.ts';
import { EVENTS_FILE, isAsWritten, tellRecord } from './told-record.ts';

/** A record, compared with itself. */
export interface VerifiedRecord extends RecordCheck {
  /** What follows from the events, with the end that `run.json` knows of a run that broke off. */
  readonly result: RunDocument;
}

/** See `verifyRecord`. */
export interface VerifyRecordOptions {
  readonly keys?: TrustedKeys | undefined;
  readonly leftOut?: ReadonlySet<string>;
  readonly signal?: AbortSignal | undefined;
}

const MOST_MISFITS = 50;

/**
 * Compares the parts of a stored run: the files with the hashes of `run.json`, what `run.json` says with what follows
 * from the events, logs and recordings with the events. Whatever lies in the folder, it is read in bounded memory,
 * nothing outside is read, and it is never an error.
 *
 * @param keys Whose signature counts; undefined: whoever signed it is told.
 * @param leftOut Files that are not there for another reason: nothing is said of them.
 * @throws {EnvironmentError} `no-ssh-keygen` when keys are given and there is nothing to check them with; `run-newer`
 * when it was stored by another version of lab, in a form that this one does not know.
 */
export async function verifyRecord(
  folder: string,
  { keys, leftOut = new Set(), signal }: VerifyRecordOptions = {},
): Promise<VerifiedRecord> {
  const { stored, content, misfits: ownMisfits } = await readRunJson(folder);
  const signature = await checkSignature(folder, content ?? nothing, keys);
  const listed = stored?.files;
  const omitting = new Set(
    (stored?.roles ?? [])
      .filter(({ omittedBytes }) => omittedBytes !== undefined)
      .flatMap(({ role }) => [roleFile(role, 'log'), roleFile(role, 'cast'), 'session.log', 'session.cast']),
  );
  const recheck = new Recheck((verb, map) => verbNamed(verb)?.claims?.(map));
  const told = await tellRecord(folder, {
    onEvent: (event) => recheck.take(event),
    signal,
    compares: (file) => listed !== undefined && !omitting.has(file) && !leftOut.has(file),
    isExact: listed !== undefined,
  });
  const result = leftOut.has(EVENTS_FILE) && stored !== undefined ? stored : concluded(told.summary, stored);
  const packets = leftOut.has(CAPTURE_FILE)
    ? undefined
    : await checkPackets(folder, { network: told.network, run: result, packetSteps: recheck.packetSteps });
  const version = told.network.lab?.version;
  const isOurs = version === undefined || version === packageJson.version;
  const isWhole =
    stored !== undefined && stored.result !== 'running' && stored.result !== 'broken' && !leftOut.has(EVENTS_FILE);
  const fileMisfits =
    listed === undefined
      ? []
      : await checkFiles(
          folder,
          listed.filter(({ name }) => !leftOut.has(name)),
          signal,
        );
  const absent = new Set(fileMisfits.filter(({ kind }) => kind !== 'hash' && kind !== 'size').map(({ file }) => file));
  const misfits = [
    ...ownMisfits,
    ...signatureMisfits(signature),
    ...(isWhole ? compareResult(stored, told.summary.document()) : []),
    ...fileMisfits,
    ...told.misfits.filter(({ file }) => !absent.has(file)),
    ...changedSources(listed ?? [], told.network.lab),
    ...refutedSteps(recheck),
    ...(packets ?? []).filter(({ file }) => !absent.has(file)),
    ...(isOurs ? told.textMisfits.filter(({ file }) => !absent.has(file)) : []),
  ];
  requireKnownForm(join(folder, RUN_FILE), content, misfits);
  const unknown: Unknown[] = [
    ...(listed !== undefined ? [] : [{ kind: withoutHashes(content, stored) } as const]),
    ...(omitting.size === 0 ? [] : [{ kind: 'output-omitted', files: [...omitting].toSorted() } as const]),
    ...(isOurs ? [] : [{ kind: 'other-version', version } as const]),
    ...(packets === undefined ? [{ kind: 'no-capture' } as const] : []),
  ];
  return {
    result,
    misfits: misfits.slice(0, MOST_MISFITS),
    more: Math.max(0, misfits.length - MOST_MISFITS),
    unknown,
    signature,
  };
}

/** What another version of lab stored in another form is no fault of the record. */
function requireKnownForm(path: string, content: Uint8Array | undefined, misfits: readonly Misfit[]): void {
  const version = makerOf(content === undefined ? undefined : parseJson(Buffer.from(content).toString('utf8')));
  if (version === undefined || version === LAB_VERSION) return;
  if (misfits.some(({ kind }) => kind === 'unreadable' || kind === 'not-as-written'))
    throw madeByAnother(path, { version, code: 'run-newer', command: 'verify' });
}

/** Programs are described when they are sent, with the hash of each file; the copy in the folder must be that file. */
function changedSources(listed: readonly HashedFile[], lab: LabDescription | undefined): Misfit[] {
  const hashes = new Map(listed.map(({ name, sha256 }) => [name, sha256]));
  return (lab?.programs ?? [])
    .flatMap(({ files }) => files)
    .flatMap(({ stored: file, sha256: told }): Misfit[] => {
      const stored = file === undefined ? undefined : hashes.get(file);
      return file === undefined || stored === undefined || stored === told
        ? []
        : [{ file, kind: 'source', stored, told }];
    });
}

function refutedSteps({ refuted }: Recheck): Misfit[] {
  const facts = refuted.map(({ index, problem }): MisfitFacts => ({
    kind: 'step-refuted',
    number: index + 1,
    problem,
  }));
  return misfitsAt({ file: EVENTS_FILE }, facts);
}

function withoutHashes(
  content: Uint8Array | undefined,
  stored: RunDocument | undefined,
): 'no-hashes' | 'no-run-file' | 'broke-off' {
  if (content === undefined) return 'no-run-file';
  return stored?.result === 'running' ? 'broke-off' : 'no-hashes';
}

/** A signature of something else is a contradiction, whoever made it. */
function signatureMisfits(signature: SignatureState): Misfit[] {
  const isNone = signature.kind === 'wrong' || signature.kind === 'unreadable';
  return isNone ? [{ file: SIGNATURE_FILE, kind: 'signature', reason: signature.reason }] : [];
}

interface RunJson {
  /** Undefined when there is none. */
  readonly content: Uint8Array | undefined;
  readonly stored: RunDocument | undefined;
  readonly misfits: readonly Misfit[];
}

function unreadable(reason: string, content: Uint8Array | undefined): RunJson {
  return { stored: undefined, content, misfits: [{ file: RUN_FILE, kind: 'unreadable', reason }] };
}

const nothing = new Uint8Array(0);
/** A larger one is no work of `lab`. Bytes. */
const LARGEST_RUN_FILE = 64 * 1024 * 1024;

async function readRunJson(folder: string): Promise<RunJson> {
  let content: Uint8Array | undefined;
  try {
    content = await readStoredBytes(join(folder, RUN_FILE), LARGEST_RUN_FILE);
    if (content === undefined) return { stored: undefined, content: undefined, misfits: [] };
    const text = Buffer.from(content).toString('utf8');
    const value = parseJson(text);
    if (value === undefined) return unreadable(say`it is no JSON`, content);
    const stored = runShape(value, '');
    const isExact = stored.files === undefined || isAsWritten(text.replace(/\n$/, ''), stored, 2);
    return { stored, content, misfits: isExact ? [] : [{ file: RUN_FILE, kind: 'not-as-written' }] };
  } catch (error) {
    if (error instanceof ShapeError || error instanceof LabError) return unreadable(messageOf(error), content);
    throw error;
  }
}
