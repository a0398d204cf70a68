import { say } from '../../../core/language/say.ts';
import { relative } from 'node:path';
import type { ReportResult } from '../../../commands/runs/report.ts';
import { defineCommand } from '../../command/define-command.ts';
import { value } from '../../command/parameters.ts';
import { ofStoredRun } from '../../command/shared-parameters.ts';
import { file, listed, word } from '../../command/value-types.ts';
import { outcome } from '../../outcome.ts';

const reportFormat = word('format', async () =>
  listed((await import('../../../commands/runs/report.ts')).reportFormats, 'format'),
);

export const reportCommand = defineCommand({
  name: 'report',
  group: 'scenarios',
  needsLab: true,
  summary: say`a report of a run to hand in: lab, programs, port check, terminals, what TCP did`,
  details: [
    say`One file that needs nothing else, written into the folder of the run.`,
    say`Author, group, course and, without --lang, the language come from "report:" in the lab file; what was run comes from the run itself, so a report can be made at any time.`,
  ].join(' '),
  arguments: { run: ofStoredRun },
  options: {
    format: value(reportFormat, say`html, md (to edit further), json or junit (default: html)`),
    output: value(
      { ...file, placeholder: 'path' },
      say`file to write (default: in the folder of the run); - is standard output`,
      'o',
    ),
  },
  examples: [
    { words: 'report --lang fr', does: say`the compte rendu of the last run` },
    { words: 'report -o report.html', does: say`into this folder` },
    { words: 'report --format md -o report.md', does: say`the same to edit` },
    { words: 'report --format junit -o junit.xml', does: say`for a build server` },
  ],
  run: async ({ context, global, arguments: { run }, options: { format = 'html', output } }) => {
    const { report } = await import('../../../commands/runs/report.ts');
    const result = await report(context, { run, language: global.lang, format, output });
    return outcome(result, formatReport(result, context.cwd));
  },
});

/** Where the report is; nothing when it went to standard output. */
function formatReport({ run, format, file }: ReportResult, cwd: string): string {
  if (file === undefined) return '';
  const next = format === 'html' ? say`Open it in a browser; it needs nothing else, and prints well to PDF.\n` : '';
  return `${say`Report of ${run}: ${relative(cwd, file)}`}\n${next}`;
}
