import { suggestion } from '../../core/text/suggest.ts';
import { say } from '../../core/language/say.ts';
import type { Pattern } from '../../lab/types.ts';
import type { Side } from '../../packets/conversation.ts';
import { options } from './options.ts';
import { patternSchema } from './schema-parts.ts';
import { show, type StepPart } from './step-part.ts';
import { parseExpectation } from './texts.ts';

export interface SidePattern {
  readonly side: Side;
  readonly pattern: Pattern;
}

const sides: readonly Side[] = ['client', 'server'];

/** JSON Schema of what each end is to have sent. */
export function payloadSchema(description: string): object {
  return { ...options({ client: patternSchema, server: patternSchema }), minProperties: 1, description };
}

/** Reads what each end is to have sent; undefined after it noted a problem. */
export function parsePayload(part: StepPart): readonly SidePattern[] | undefined {
  const entries = part.entries();
  if (!entries || entries.length === 0)
    return part.wrong(
      say`must say what client or server sent, not ${show(part.value)}`,
      say`for example: payload: { client: "Hello" }`,
    );
  return entries.flatMap(([key, text]) => {
    const side = sides.find((known) => known === key);
    if (side === undefined) return text.wrongKey(say`"${key}" is no end of a connection`, suggestion(key, sides)) ?? [];
    const pattern = parseExpectation(text);
    return pattern === undefined ? [] : [{ side, pattern }];
  });
}
