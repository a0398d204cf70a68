import type { OpenResult } from '../../../commands/services/open.ts';
import { say } from '../../../core/language/say.ts';
import { defineCommand } from '../../command/define-command.ts';
import { flag, optional } from '../../command/parameters.ts';
import { publishedThing } from '../../command/value-types.ts';
import { outcome } from '../../outcome.ts';

export const openCommand = defineCommand({
  name: 'open',
  group: 'lab',
  needsLab: true,
  summary: say`open a published port of a machine in the browser of this host`,
  details: say`Where there is no browser, it prints the address.`,
  arguments: {
    name: optional(
      publishedThing,
      say`a machine, a service, or a published port (default: the first that is published)`,
    ),
  },
  options: { print: flag(say`only print the address`) },
  alsoCalled: ['browse', 'browser', 'url', 'web'],
  examples: [
    { words: 'open web', does: say`the pages of the service web` },
    { words: 'open --print 8080', does: say`its address, for other programs` },
  ],
  run: async ({ context, arguments: { name }, options: { print } }) => {
    const { open } = await import('../../../commands/services/open.ts');
    const result = await open(context, { name, print });
    return outcome(result, formatOpen(result));
  },
});

export function formatOpen({ url, opened, machine, port }: OpenResult): string {
  return opened ? say`The browser opens ${url} (port ${port} of ${machine}).\n` : `${url}\n`;
}
