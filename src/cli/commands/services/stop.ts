import type { StopResult } from '../../../commands/services/stop.ts';
import { say } from '../../../core/language/say.ts';
import { defineCommand } from '../../command/define-command.ts';
import { several } from '../../command/parameters.ts';
import { role } from '../../command/value-types.ts';
import { outcome } from '../../outcome.ts';

export const stopCommand = defineCommand({
  name: 'stop',
  group: 'lab',
  needsLab: true,
  summary: say`stop services; the machines stay up`,
  details: say`All processes of a service are ended: TERM, two seconds, KILL. It stays stopped until "lab start" or "lab up". "lab down" takes the whole lab down.`,
  arguments: { services: several(role, say`services to stop`, 'no-service') },
  examples: [{ words: 'stop web', does: say`end it, and keep its machine` }],
  run: async ({ context, arguments: { services } }) => {
    const { stop } = await import('../../../commands/services/stop.ts');
    const result = await stop(context, services);
    return outcome(result, formatStop(result));
  },
});

export function formatStop({ services }: StopResult): string {
  return services
    .map(({ name, on, stopped }) =>
      stopped ? say`${name} on ${on} is stopped.\n` : say`${name} on ${on} did not run.\n`,
    )
    .join('');
}
