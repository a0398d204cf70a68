import { say } from '../../../core/language/say.ts';
import { defineCommand } from '../../command/define-command.ts';
import { several } from '../../command/parameters.ts';
import { labParameters, withParameters } from '../../command/shared-parameters.ts';
import { role } from '../../command/value-types.ts';
import { outcome } from '../../outcome.ts';
import { startedText } from '../../show/started-text.ts';

export const startCommand = defineCommand({
  name: 'start',
  group: 'lab',
  needsLab: true,
  summary: say`start services, with the files that they have now`,
  details: [
    say`It returns when each of them is ready: it listens on its ports.`,
    say`One that runs with the same files and command is left alone.`,
  ].join(' '),
  arguments: {
    services: several(role, say`services, or programs of scenarios that are to run without one`, 'no-service'),
  },
  options: { param: labParameters },
  examples: [
    { words: 'start web', does: say`after it was stopped, or has failed` },
    { words: 'start web db', does: say`two of them` },
  ],
  run: async ({ context: given, arguments: { services }, options }) => {
    const { start } = await import('../../../commands/services/start.ts');
    const result = await start(withParameters(given, options.param), services, { again: false });
    return outcome(result, startedText(result));
  },
});
