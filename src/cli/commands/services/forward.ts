import { say } from '../../../core/language/say.ts';
import { defineCommand } from '../../command/define-command.ts';
import { required } from '../../command/parameters.ts';
import { word } from '../../command/value-types.ts';
import { outcome } from '../../outcome.ts';

/** What `lab up` starts for published ports (`src/session/publish.ts`). */
export const forwardCommand = defineCommand({
  name: 'forward',
  group: 'lab',
  summary: say`the process of a lab that has its published ports`,
  hidden: true,
  arguments: {
    lab: required(word('name'), say`the label of the lab`),
    token: required(word('name'), say`the order that it serves`),
    folder: required(word('path'), say`the folder of what lab keeps`),
  },
  examples: [{ words: 'forward LAB TOKEN FOLDER', does: say`what "lab up" starts` }],
  run: async ({ context, arguments: { lab, token, folder } }) => {
    const { forward } = await import('../../../commands/services/forward.ts');
    await forward(context, { labId: lab, token, stateFolder: folder });
    return outcome({}, '');
  },
});
