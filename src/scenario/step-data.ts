import { flow } from '../lab/yaml/flow.ts';
import type { RecordedAction } from './recorded-action.ts';
import { verbNamed, verbs } from './verbs/index.ts';

/** A step of a scenario as plain data, as it stands in `lab.yaml`: `{ send: { client: "Hello" } }`. */
export type StepData = Readonly<Record<string, unknown>>;

/** The step that does what was done in a recorded session. */
export function stepOfAction(action: RecordedAction): StepData {
  for (const verb of verbs) {
    const value = verb.recorded?.(action);
    if (value !== undefined) return { [verb.name]: value };
  }
  throw new Error(`no verb of scenarios records that something was ${action.kind}`);
}

/** A step as one line of YAML. */
export function stepYaml(step: StepData): string {
  return Object.entries(step)
    .map(([verb, value]) => `${verb}: ${verbNamed(verb)?.isQuoted ? quotedMap(value) : flow(value)}`)
    .join(', ');
}

function quotedMap(value: unknown): string {
  const entries = Object.entries(value as Readonly<Record<string, unknown>>);
  return `{ ${entries.map(([role, text]) => `${role}: ${JSON.stringify(text)}`).join(', ')} }`;
}
