import { say } from '../../../core/language/say.ts';
import { relative } from 'node:path';
import type { GraphResult } from '../../../commands/lab/graph.ts';
import { defineCommand } from '../../command/define-command.ts';
import { value } from '../../command/parameters.ts';
import { file, listed, word } from '../../command/value-types.ts';
import { outcome } from '../../outcome.ts';

const graphFormat = word('format', async () =>
  listed((await import('../../../commands/lab/graph.ts')).graphFormats, say`format`),
);

export const graphCommand = defineCommand({
  name: 'graph',
  group: 'lab',
  summary: say`the topology as a picture: text, SVG or Mermaid`,
  details: say`Drawn from the lab file; nothing has to be up.`,
  options: {
    format: value(graphFormat, say`text, svg or mermaid (default: text)`),
    output: value({ ...file, placeholder: 'path' }, say`file to write (default: standard output)`, 'o'),
  },
  alsoCalled: ['topology', 'draw', 'diagram'],
  examples: [
    { words: 'graph', does: say`networks and machines as a tree` },
    { words: 'graph --format svg -o lab.svg', does: say`a picture for a document` },
  ],
  run: async ({ context, options: { format = 'text', output } }) => {
    const { graph } = await import('../../../commands/lab/graph.ts');
    const result = await graph(context, { format, output });
    return outcome(result, formatGraph(result, context.cwd));
  },
});

/** The picture itself, or where it was written. */
function formatGraph({ graph, file }: GraphResult, cwd: string): string {
  return graph ?? say`Wrote ${relative(cwd, file!)}.\n`;
}
