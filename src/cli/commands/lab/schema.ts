import { say } from '../../../core/language/say.ts';
import { defineCommand } from '../../command/define-command.ts';
import { outcome } from '../../outcome.ts';

export const schemaCommand = defineCommand({
  name: 'schema',
  group: 'tools',
  summary: say`the JSON Schema of lab.yaml, for editors`,
  examples: [{ words: 'schema > lab.schema.json', does: say`an editor then completes and checks lab.yaml` }],
  run: async ({ context }) => {
    const { schema } = await import('../../../commands/lab/schema.ts');
    const document = schema(context);
    return outcome({ schema: document }, `${JSON.stringify(document, undefined, 2)}\n`);
  },
});
