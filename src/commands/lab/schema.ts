import { labJsonSchema } from '../../lab/fields/json-schema.ts';

/** The JSON Schema of `lab.yaml`. */
export function schema(): object {
  return labJsonSchema();
}
