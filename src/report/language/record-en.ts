import { countOf, formatBinarySize } from '../../core/text/amounts.ts';
import { sanitizeToLine } from '../../core/text/sanitize.ts';
import type { Misfit, MisfitFacts, RecordCheck, SignatureState, Unknown } from '../record/misfit.ts';
import type { FailureWords } from './failure-words.ts';
import { textOf, type TextsOf } from './texts-of.ts';

/** The words about whether the parts of a record fit each other. */
export interface RecordWords {
  readonly doesNotFit: string;
  readonly misfit: (misfit: Misfit) => string;
  readonly unknown: (unknown: Unknown) => string;
  readonly more: (count: number) => string;
  readonly signature: (signature: SignatureState) => string;
}

const LONGEST_QUOTE = 80;

/** A text from a record, short and harmless. */
export function quoted(text: string): string {
  const line = sanitizeToLine(text);
  return `"${line.length > LONGEST_QUOTE ? `${line.slice(0, LONGEST_QUOTE)}…` : line}"`;
}

/** `events.ndjson`, `events.ndjson, line 12`: where it shows. */
export function placeOf({ file, line }: Misfit, lineWord: string): string {
  const name = sanitizeToLine(file);
  return line === undefined ? name : `${name}, ${lineWord} ${line}`;
}

/** Enough to compare by eye. */
export function shortHash(sha256: string): string {
  return `${sha256.slice(0, 12)}…`;
}

/** All that is wrong with a record, in sentences, no more than so many. */
export function misfitLines({ misfits, more }: RecordCheck, words: RecordWords, most: number): string[] {
  const shown = misfits.slice(0, most).map((misfit) => words.misfit(misfit));
  const left = misfits.length - shown.length + more;
  return left === 0 ? shown : [...shown, words.more(left)];
}

const results = {
  running: 'has no end',
  passed: 'passed',
  failed: 'failed',
  broken: 'broke off',
  interrupted: 'was interrupted',
};
const steps = { running: 'is not over', passed: 'passed', failed: 'failed', skipped: 'was skipped' };
const noFiles = { link: 'a link', folder: 'a folder', pipe: 'a pipe', socket: 'a socket', device: 'a device' };

const facts: TextsOf<Exclude<MisfitFacts, { readonly kind: 'step-refuted' }>> = {
  missing: () => 'is missing, though run.json lists it',
  added: () => 'is not in the list of run.json: it was added after the run',
  'no-file': ({ what }) => `is ${noFiles[what]}, not an ordinary file`,
  size: ({ stored, seen }) => `has ${seen} bytes, ${stored} were stored`,
  hash: ({ stored, seen }) =>
    `was changed after the run: its SHA-256 is ${shortHash(seen)}, that of what was stored is ${shortHash(stored)}`,
  'too-large': ({ mostBytes }) => `is larger than lab reads (${formatBinarySize(mostBytes)})`,
  unreadable: ({ reason }) => `cannot be read: ${sanitizeToLine(reason)}`,
  'not-as-written': () => 'is not as lab writes it: a name stands there twice, or one that does not belong there',
  result: ({ stored, told }) => `says that the run ${results[stored]}; according to the events it ${results[told]}`,
  step: ({ number, stored, told }) =>
    `says that step ${number} ${stored ? steps[stored] : 'is none'}; according to the events it ${told ? steps[told] : 'was not played'}`,
  field: ({ field, stored, told }) =>
    `says ${quoted(stored)} of "${field}"; according to the events it is ${quoted(told)}`,
  line: ({ seen, told }) =>
    seen === undefined
      ? `ends too early: according to the events this line follows: ${quoted(told ?? '')}`
      : told === undefined
        ? `has a line that the events do not tell: ${quoted(seen)}`
        : `has ${quoted(seen)}; according to the events it is ${quoted(told)}`,
  'time-back': ({ ms }) => `is ${Math.round(ms)} ms earlier than the event before it`,
  begin: () => 'does not begin with the start of this run',
  'after-end': () => 'tells something after the end of the run',
  'step-order': ({ number }) => `tells of step ${number} where it cannot be`,
  signature: ({ reason }) => `is no signature of run.json as it is (${sanitizeToLine(reason)})`,
  packets: ({ seen, told }) => `holds ${countOf(seen, 'packet')}; according to the events there were ${told}`,
  'other-time': ({ packet, at, startedAt, endedAt }) =>
    `is of another time: its packet ${packet} passed at ${at}, and the run went from ${startedAt} to ${endedAt}`,
  'no-packets': ({ machine, to }) =>
    `has no packet of a connection from ${sanitizeToLine(machine)} to ${sanitizeToLine(to)}, which the kernel of ${sanitizeToLine(machine)} counted`,
  source: ({ stored, told }) =>
    `is not the file of that run: its SHA-256 is ${shortHash(stored)}, according to the events it was ${shortHash(told)}`,
  'page-of-another': () => 'carries another record than that of this run',
  page: ({ seen, told }) => `shows ${quoted(seen)}; made from its record it is ${quoted(told)}`,
  'passed-without': ({ number }) => `says that the run passed, but step ${number} did not pass`,
};

const unknowns: TextsOf<Unknown> = {
  'no-hashes': () => 'The record has no hashes: it was made by an older lab.',
  'no-run-file': () => 'There is no run.json, and so there are no hashes.',
  'broke-off': () => 'lab was ended before the run was, so the record has no hashes.',
  'output-omitted': ({ files }) =>
    `More was printed than is stored, so these files rest on their hashes alone: ${files.map(sanitizeToLine).join(', ')}.`,
  'other-version': ({ version }) =>
    `The record was made by lab ${sanitizeToLine(version)}: its logs and recordings rest on their hashes alone.`,
  running: () => 'The run is still played: nothing binds its record together yet.',
  'page-without': () => 'report.html carries no record, so what it shows is not compared.',
  'no-capture': () => 'There are no packets to compare with.',
  'left-out': ({ files }) =>
    `The page does not carry these files, so nothing is compared with them, nor what it shows: ${files.map(sanitizeToLine).join(', ')}.`,
  'page-of-other': ({ version, node }) =>
    `The page was made by lab ${sanitizeToLine(version)} with Node.js ${sanitizeToLine(node)}, so its record is compared, not what it shows.`,
};

const signatures: TextsOf<SignatureState> = {
  unsigned: () => 'It is not signed.',
  signed: ({ key }) => `It is signed with the key ${key}; whose that is, --key can tell.`,
  trusted: ({ key, signer }) =>
    `It is signed ${signer === undefined ? '' : `by ${sanitizeToLine(signer)} `}with the key ${key}.`,
  'other-key': ({ key, wanted }) => `It is signed with another key than ${sanitizeToLine(wanted)}: with ${key}.`,
  wrong: () => 'Its signature does not fit: run.json was changed after it was signed, or signed otherwise.',
  unreadable: () => 'Its signature cannot be read.',
  unchecked: () =>
    'It has a signature, which cannot be checked here: there is no ssh-keygen, or one before OpenSSH 8.2.',
};

function refuted({ number, problem }: MisfitFacts & { readonly kind: 'step-refuted' }, failure: FailureWords): string {
  return `does not bear out that step ${number} passed: expected ${sanitizeToLine(failure.expected(problem.expected))}, but ${sanitizeToLine(failure.seen(problem))}`;
}

/** Given the words about failed steps. */
export const record = (failure: FailureWords): RecordWords => ({
  doesNotFit: 'The record of this run does not fit',
  misfit: (misfit) =>
    `${placeOf(misfit, 'line')} ${misfit.kind === 'step-refuted' ? refuted(misfit, failure) : textOf(facts, misfit)}`,
  unknown: (unknown) => textOf(unknowns, unknown),
  more: (count) => `and ${count} more`,
  signature: (signature) => textOf(signatures, signature),
});
