import type { GcResult } from '../../../commands/lab/gc.ts';
import { counted, say } from '../../../core/language/say.ts';
import { defineCommand } from '../../command/define-command.ts';
import { flag } from '../../command/parameters.ts';
import { outcome } from '../../outcome.ts';

export const gcCommand = defineCommand({
  name: 'gc',
  group: 'lab',
  summary: say`remove the leftovers of labs that no longer exist from this host`,
  details: [
    say`A lab is dead when its .lab folder is gone or no longer knows it.`,
    say`It asks first; without a terminal it removes nothing unless --yes is given.`,
  ].join(' '),
  options: { yes: flag(say`do not ask`, 'y') },
  examples: [{ words: 'gc', does: say`list what is left, ask, remove` }],
  run: async ({ context, options }) => {
    const { gc } = await import('../../../commands/lab/gc.ts');
    const result = await gc(context, { yes: options.yes });
    return outcome(result, formatGc(result));
  },
});

function formatGc({ dead, removed }: GcResult): string {
  if (dead.length === 0) return say`No dead lab on this host.\n`;
  const list = dead
    .map(({ name, stateFolder, provider }) => `  ${say`${name} (${provider}, of ${stateFolder})`}\n`)
    .join('');
  const labs = counted(dead.length, 'dead lab');
  return `${removed ? say`Removed ${labs}` : say`Left as they are: ${labs}`}\n${list}`;
}
