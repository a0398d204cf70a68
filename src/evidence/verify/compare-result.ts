import { isDeepStrictEqual } from 'node:util';
import { misfitsAt, type Misfit, type MisfitFacts } from '../../report/record/misfit.ts';
import type { RunDocument, StepDocument } from '../../report/run/run-summary.ts';

export const RUN_FILE = 'run.json';

/** Fields that do not follow from the events. */
const ownFields: ReadonlySet<string> = new Set<keyof RunDocument>([
  'schemaVersion',
  'repeat',
  'maxOutputBytes',
  'labVersion',
  'files',
  'process',
]);

/** Where `run.json` says something else than what follows from the events of the run. */
export function compareResult(stored: RunDocument, told: RunDocument): Misfit[] {
  const facts = [...compareEnd(stored, told), ...compareSteps(stored, told), ...compareFields(stored, told)];
  return misfitsAt({ file: RUN_FILE }, facts);
}

function compareEnd({ result: stored }: RunDocument, { result: told }: RunDocument): MisfitFacts[] {
  return stored === told ? [] : [{ kind: 'result', stored, told }];
}

function compareSteps(stored: RunDocument, told: RunDocument): MisfitFacts[] {
  const [ours, theirs] = [byIndex(stored), byIndex(told)];
  return [...new Set([...ours.keys(), ...theirs.keys()])].flatMap((index) => {
    const [one, other] = [ours.get(index), theirs.get(index)];
    const number = index + 1;
    if (one?.result !== other?.result) return [{ kind: 'step', number, stored: one?.result, told: other?.result }];
    return difference(one, other, `steps[${index}]`);
  });
}

function byIndex({ steps }: RunDocument): Map<number, StepDocument> {
  return new Map(steps.map((step) => [step.index, step]));
}

function compareFields(stored: RunDocument, told: RunDocument): MisfitFacts[] {
  const left = new Set<string>([...ownFields, 'result', 'steps']);
  // Older versions did not store it.
  if (stored.files === undefined && stored.capture === null) left.add('capture');
  const fields = Object.keys(told).filter((field) => !left.has(field));
  return fields.flatMap((field) =>
    difference(stored[field as keyof RunDocument], told[field as keyof RunDocument], field),
  );
}

/** The first place where two values differ. */
function difference(stored: unknown, told: unknown, field: string): MisfitFacts[] {
  if (isDeepStrictEqual(plain(stored), plain(told))) return [];
  if (isComposed(stored) && isComposed(told)) {
    for (const key of new Set([...Object.keys(stored), ...Object.keys(told)])) {
      const name = Array.isArray(told) ? `${field}[${key}]` : `${field}.${key}`;
      const [found] = difference((stored as Parts)[key], (told as Parts)[key], name);
      if (found !== undefined) return [found];
    }
  }
  return [{ kind: 'field', field, stored: shown(stored), told: shown(told) }];
}

type Parts = Readonly<Record<string, unknown>>;

function isComposed(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** As JSON has it: without what is undefined. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
}
