import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';

/**
 * A program of a template with a bug that students really write. It is kept as what differs from the right program, so
 * that it never falls behind it.
 */
export interface Variant {
  readonly name: string;
  /** Language of the program. */
  readonly language: string;
  /** Name of the program's file in `programs`. */
  readonly file: string;
  /** What is wrong, in each language of the handout. */
  readonly bug: { readonly en: string; readonly fr: string };
  /** Texts of the right program, each of which is there once, and what stands in their places. */
  readonly edits: readonly { readonly replace: string; readonly by: string }[];
  /** Scenario that it fails; undefined: the first. */
  readonly scenario?: string | undefined;
  /** Whether it shows only on machines where nothing was played before. */
  readonly fresh?: true | undefined;
  /** The number of the step of the scenario that it fails, from 1 on. */
  readonly step: number;
  /** Part of the sentence that says why. */
  readonly says: string;
}

const variantsSchema = z.record(
  z.string(),
  z.strictObject({
    language: z.string(),
    file: z.string(),
    bug: z.strictObject({ en: z.string(), fr: z.string() }),
    edits: z.array(z.strictObject({ replace: z.string(), by: z.string() })).min(1),
    scenario: z.string().optional(),
    fresh: z.literal(true).optional(),
    step: z.int().min(1),
    says: z.string(),
  }),
);

/** The variants that `variants.yaml` in the folder of a template describes. @throws when it is wrong: it is part of lab. */
export function readVariants(templateFolder: string): Variant[] {
  const text = readFileSync(join(templateFolder, 'variants.yaml'), 'utf8');
  return Object.entries(variantsSchema.parse(parse(text))).map(([name, variant]) => Object.assign(variant, { name }));
}

/** The text of a right program with the bug in it. @throws {Error} when the text is not the one that the edits are of. */
export function withBug(text: string, { name, edits }: Variant): string {
  return edits.reduce((program, { replace, by }) => {
    const pieces = program.split(replace);
    if (pieces.length !== 2)
      throw new Error(`variant ${name}: ${JSON.stringify(replace)} is there ${pieces.length - 1} times`);
    return pieces.join(by);
  }, text);
}
