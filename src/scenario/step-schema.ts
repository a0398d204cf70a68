import { say } from '../core/language/say.ts';
import type { StepRow } from '../lab/fields/field-reference.ts';
import { timeSchema } from './reading/schema-parts.ts';
import { verbs } from './verbs/index.ts';

/**
 * The JSON Schema of a step, for `$defs` of that of `lab.yaml`. Steps are judged by the parsers of their verbs; a test
 * compares the two.
 */
export function stepJsonSchema(): object {
  const known = verbs.map(({ name }) => name);
  const properties = verbs.map(
    ({ name, schema, description, example }) => [name, { ...schema, description, examples: [example] }] as const,
  );
  return {
    description: say`One step of a scenario: one of ${known.join(', ')}; any may carry a time limit, \`timeout: 5s\`.`,
    type: 'object',
    properties: {
      ...Object.fromEntries(properties),
      timeout: { ...timeSchema, description: say`Time limit of this step.` },
    },
    additionalProperties: false,
    oneOf: known.map((name) => ({ required: [name] })),
    examples: verbs.map(({ name, example }) => ({ [name]: example })),
  };
}

/** All verbs, for the reference. */
export function stepReference(): StepRow[] {
  return verbs.map(({ name, description, example }) => ({ verb: name, description, example: { [name]: example } }));
}
