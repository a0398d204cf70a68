import { say } from '../../../core/language/say.ts';
import { relative } from 'node:path';
import type { RecordResult } from '../../../commands/runs/record.ts';
import { defineCommand } from '../../command/define-command.ts';
import { flag, required } from '../../command/parameters.ts';
import { labParameters, maxOutput, withParameters } from '../../command/shared-parameters.ts';
import { word } from '../../command/value-types.ts';
import { outcome } from '../../outcome.ts';

export const recordCommand = defineCommand({
  name: 'record',
  group: 'scenarios',
  summary: say`play all sides by hand, and turn the session into a scenario`,
  details: [
    say`All programs of the lab are started, those that listen first; their terminals are shown side by side.`,
    say`The keyboard goes to the side whose program reads it (Ctrl-O: the other side); what you type while none does is shown at the bottom, and goes to the first that does.`,
    say`It ends when all programs have ended, or with Ctrl-].`,
    say`What you typed becomes "send" steps, what was shown proposed "expect" steps, which you should look at; a line that no program has read is not proposed.`,
  ].join(' '),
  arguments: { name: required(word('name'), say`name of the new scenario`) },
  options: {
    write: flag(say`add it to the lab file; the rest of the file stays as it is`),
    param: labParameters,
    maxOutput,
  },
  examples: [
    { words: 'record hello', does: say`play, then see the scenario` },
    { words: 'record hello --write', does: say`then: lab run hello` },
  ],
  takesScreen: () => true,
  run: async ({ context: given, arguments: { name }, options }) => {
    const context = withParameters(given, options.param);
    const { record } = await import('../../../commands/runs/record.ts');
    const result = await record(context, { name, write: options.write, maxOutputBytes: options.maxOutput });
    return outcome(result, formatRecord(result, context.cwd));
  },
});

/** The scenario, to be put into the lab file, or that it was; and what to do next. */
function formatRecord({ scenario, yaml, file }: RecordResult, cwd: string): string {
  const then =
    file === undefined
      ? say`Look at it, and put it into the lab file (or record with --write); then:  lab run ${scenario}`
      : say`Added to ${relative(cwd, file)}. Look at it; then:  lab run ${scenario}`;
  return `scenarios:\n${yaml}\n# ${then}\n`;
}
