import { labJsonSchema } from '../lab/schema.ts';

/** The JSON Schema of `lab.yaml`. */
export function schema(): object {
  return labJsonSchema();
}
