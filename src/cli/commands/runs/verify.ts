import { relative } from 'node:path';
import type { VerifiedRun, VerifyResult } from '../../../commands/runs/verify.ts';
import { ExitCode } from '../../../core/errors.ts';
import { counted, say } from '../../../core/language/say.ts';
import { oneLine } from '../../../report/run/words.ts';
import { defineCommand } from '../../command/define-command.ts';
import { optional, value } from '../../command/parameters.ts';
import { file, recordPlace, word } from '../../command/value-types.ts';
import { outcome } from '../../outcome.ts';
import type { Style } from '../../show/style.ts';

export const verifyCommand = defineCommand({
  name: 'verify',
  group: 'scenarios',
  summary: say`whether the record of a run fits together: hashes, events, logs, recordings, packets`,
  details: [
    say`It works the result out again from the events, and compares every file with the hashes in run.json.`,
    say`It exits 0 when all fits and 1 when something does not, or when --key is given and no such key has signed it; each contradiction is one line.`,
  ].join(' '),
  arguments: {
    record: optional(
      recordPlace,
      say`name of a run, or the start of it; the folder of a run; a folder with several, such as a lab or an unpacked hand-in; the page of a report (default: the last run)`,
    ),
  },
  options: {
    key: value(
      { ...file, placeholder: 'file' },
      say`a public key, or a list of allowed signers (man ssh-keygen): one of them must have signed the record`,
    ),
    signer: value(word('name'), say`with such a list: this one must have`),
  },
  examples: [
    { words: 'verify', does: say`the last run` },
    { words: 'verify ~/hand-ins/ada', does: say`every run in what was handed in` },
    { words: 'verify ~/hand-ins/ada --key ada.pub', does: say`and that the owner of this key has signed it` },
    { words: 'verify report.html', does: say`the record that a report carries, and that the page shows nothing else` },
    { words: 'verify --json', does: say`for a script: fits, and each contradiction as data` },
  ],
  run: async ({ context, style, arguments: { record }, options }) => {
    const { verify } = await import('../../../commands/runs/verify.ts');
    const result = await verify(context, { what: record, ...options });
    return outcome(
      result,
      formatVerify(result, { style, cwd: context.cwd }),
      result.fits ? ExitCode.done : ExitCode.checkFailed,
    );
  },
});

interface TextOptions {
  readonly style: Style;
  readonly cwd: string;
}

export function formatVerify({ records }: VerifyResult, options: TextOptions): string {
  const lines = records.map((one) => recordText(one, options));
  const misfitting = records.filter(({ fits, isTrusted }) => !fits || isTrusted === false).length;
  const summary =
    records.length === 1
      ? ''
      : misfitting === 1
        ? say`${counted(records.length, 'record')}, of which ${misfitting} is not in order.\n`
        : say`${counted(records.length, 'record')}, of which ${misfitting} are not in order.\n`;
  return lines.join('') + summary;
}

const resultWords = {
  passed: say`passed`,
  failed: say`failed`,
  broken: say`broke off`,
  interrupted: say`was interrupted`,
  running: say`has no end`,
} as const;

function recordText(record: VerifiedRun, { style, cwd }: TextOptions): string {
  const { fits, isTrusted, path, run, scenario, result, misfits, more, unknown, signature } = record;
  const verdict = !fits
    ? style('red', say`The record does not fit`)
    : isTrusted === false
      ? style('red', say`The record fits, but is not signed as asked for`)
      : style('green', say`The record fits`);
  const place = oneLine(relative(cwd, path) || '.');
  return [
    scenario === ''
      ? say`${verdict}: ${oneLine(run)} (${place})`
      : say`${verdict}: ${oneLine(run)}, scenario ${oneLine(scenario)}, ${resultWords[result]} (${place})`,
    ...misfits.map(({ message }) => `  ${style('red', '✖')} ${message}`),
    ...(more > 0 ? [`  ${style('red', '✖')} ${say`and ${more} more`}`] : []),
    ...(misfits.some(({ kind }) => kind === 'signature')
      ? []
      : [`  ${signatureMark(record, style)} ${signature.message}`]),
    ...unknown.map(({ message }) => `  ${style('yellow', '?')} ${message}`),
    '',
  ].join('\n');
}

function signatureMark({ signature, isTrusted }: VerifiedRun, style: Style): string {
  if (isTrusted === false) return style('red', '✖');
  return signature.kind === 'trusted' ? style('green', '✔') : style('dim', '·');
}
