import { say } from '../../../core/language/say.ts';
import { candidatesFor } from '../../completion/candidates.ts';
import { defineCommand } from '../../command/define-command.ts';
import { several } from '../../command/parameters.ts';
import { word } from '../../command/value-types.ts';
import { outcome } from '../../outcome.ts';

export const completeCommand = defineCommand({
  name: '__complete',
  group: 'tools',
  summary: say`what may stand in place of the last word, for the scripts of "lab completion"`,
  hidden: true,
  arguments: { word: several(word('word'), say`what was typed after "lab"`) },
  examples: [{ words: '__complete -- ssh v', does: say`names of machines that begin with v` }],
  run: async ({ context, commands, arguments: { word: words } }) => {
    const found = await candidatesFor(words, { context, commands });
    const lines = found.candidates.map(({ word, description }) => `${word}\t${description}\n`);
    return outcome(found, `${lines.join('')}${found.files ? ':files\n' : ''}`);
  },
});
