import { say } from '../../../core/language/say.ts';
import { defineCommand } from '../../command/define-command.ts';
import { several } from '../../command/parameters.ts';
import { labParameters, withParameters } from '../../command/shared-parameters.ts';
import { role } from '../../command/value-types.ts';
import { outcome } from '../../outcome.ts';
import { startedText } from '../../show/started-text.ts';

export const restartCommand = defineCommand({
  name: 'restart',
  group: 'lab',
  needsLab: true,
  summary: say`stop services and start them again, with the files that they have now`,
  arguments: {
    services: several(role, say`services, or programs of scenarios that are to run without one`, 'no-service'),
  },
  options: { param: labParameters },
  alsoCalled: ['reload'],
  examples: [{ words: 'restart web', does: say`after its files have changed` }],
  run: async ({ context: given, arguments: { services }, options }) => {
    const { start } = await import('../../../commands/services/start.ts');
    const result = await start(withParameters(given, options.param), services, { again: true });
    return outcome(result, startedText(result));
  },
});
