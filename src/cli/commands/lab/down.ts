import type { DownResult } from '../../../commands/lab/down.ts';
import { say } from '../../../core/language/say.ts';
import { defineCommand } from '../../command/define-command.ts';
import { flag } from '../../command/parameters.ts';
import { outcome } from '../../outcome.ts';

export const downCommand = defineCommand({
  name: 'down',
  group: 'lab',
  summary: say`remove everything that this lab made`,
  details: [
    say`It works without lab.yaml, from the .lab folder, and is safe when nothing exists.`,
    say`The runs stay, unless --purge is given.`,
  ].join(' '),
  options: { purge: flag(say`remove the whole .lab folder, with its runs and keys`) },
  alsoCalled: ['halt', 'destroy', 'delete', 'remove', 'rm', 'clean', 'clear', 'kill', 'teardown'],
  otherWords: () => say`All machines of a lab go down together:  lab down`,
  examples: [{ words: 'down', does: say`machines and networks gone, runs kept` }],
  run: async ({ context, options }) => {
    const { down } = await import('../../../commands/lab/down.ts');
    const result = await down(context, { purge: options.purge });
    return outcome(result, formatDown(result));
  },
});

function formatDown({ lab, purged }: DownResult): string {
  const down = lab === undefined ? say`Nothing was up.` : say`Lab ${lab} is down; nothing of it is left.`;
  return purged ? `${down} ${say`The .lab folder is removed.`}\n` : `${down}\n`;
}
