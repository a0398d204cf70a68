import { labJsonSchema } from '../../lab/fields/json-schema.ts';
import { stepJsonSchema } from '../../scenario/step-schema.ts';
import type { CommandContext } from '../../session/context.ts';

/** The JSON Schema of `lab.yaml`. */
export function schema({ providers }: Pick<CommandContext, 'providers'>): object {
  return labJsonSchema({ providers: providers.names, step: stepJsonSchema() });
}
