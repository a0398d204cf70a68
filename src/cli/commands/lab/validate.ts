import type { ValidateResult } from '../../../commands/lab/validate.ts';
import { ExitCode } from '../../../core/errors.ts';
import { counted, say } from '../../../core/language/say.ts';
import { defineCommand } from '../../command/define-command.ts';
import { labParameters, withParameters } from '../../command/shared-parameters.ts';
import { annotationsOf } from '../../job/annotation.ts';
import { outcome } from '../../outcome.ts';
import { usesColor, type Style } from '../../show/style.ts';

export const validateCommand = defineCommand({
  name: 'validate',
  group: 'start',
  summary: say`check lab.yaml and show every problem with its place`,
  details: say`It exits 2 when there is a problem.`,
  alsoCalled: ['lint', 'config'],
  examples: [
    { words: 'validate', does: say`check the lab file here` },
    { words: '-f other.yaml validate --json', does: say`for an editor or a script` },
  ],
  options: { param: labParameters },
  run: async ({ context: given, style, global, options }) => {
    const context = withParameters(given, options.param);
    const { validate } = await import('../../../commands/lab/validate.ts');
    const { frames, ...result } = await validate(context, { color: usesColor(process.stdout, global.color) });
    const annotations = annotationsOf(result.file, result.problems);
    const text = formatValidate({ ...result, frames }, style);
    return outcome(result, text, result.valid ? ExitCode.done : ExitCode.usage, { annotations });
  },
});

function formatValidate({ valid, problems, frames, lab }: ValidateResult, style: Style): string {
  if (!valid || lab === undefined)
    return `${frames.trimEnd()}\n\n${style('red', counted(problems.length, 'problem'))}\n`;
  const parts = [
    counted(lab.machines, 'machine'),
    counted(lab.networks, 'network'),
    counted(lab.programs, 'program'),
    counted(lab.scenarios, 'scenario'),
  ];
  return say`${style('green', say`No problems`)}: lab ${lab.name}, ${parts.join(', ')}.\n`;
}
