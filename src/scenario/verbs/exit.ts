import type { Expectation } from '../../core/step-problem.ts';
import { say } from '../../core/language/say.ts';
import { keyOf } from '../order.ts';
import { isEnd, type ExpectedEnd } from '../playing/exit-words.ts';
import { StepFailure } from '../playing/step-failure.ts';
import { parseEnd } from '../reading/ends.ts';
import { inGroups } from '../playing/in-groups.ts';
import { parseRoleMap, type RoleEntry } from '../reading/roles.ts';
import { endSchema, mapSchema } from '../reading/schema-parts.ts';
import { mapText } from '../reading/step-words.ts';
import { defineVerb } from './define-verb.ts';

/** How each role must end, in order. */
type Ends = readonly RoleEntry<ExpectedEnd>[];

export const exit = defineVerb<Ends>('exit', {
  schema: mapSchema(endSchema),
  description: say`Waits until programs end, with this exit status or signal.`,
  example: { client: 0, server: 0 },
  timeoutMs: 10_000,
  parse: (part) => parseRoleMap(part, 'exit: { client: 0 }', parseEnd),
  text: (ends) => mapText(ends.map(([role, end]) => [role, String(end)])),
  claims: ({ entries }) => ({
    ends: [...entries].flatMap(([role, end]) =>
      typeof end === 'number' || typeof end === 'string' ? [[role, end] as const] : [],
    ),
  }),
  acts: (ends) => ends.map(([role]) => ({ role, does: say`waits until it ends` })),
  ends: (ends) => ends.map(([role, end]) => [role, end] as const),
  follow(ends, order) {
    for (const [role, , group] of ends) {
      order.needsRunning(role, keyOf(role, group));
      order.end(role);
    }
  },
  async play(ends, limit, play) {
    const deadline = play.deadlineOf(limit);
    await inGroups(ends, async (role, wanted) => {
      const terminal = play.terminal(role);
      // The user may leave the program in another way than the scenario has it.
      const isFree = play.isOperated(role);
      const expected: Expectation = isFree
        ? { kind: 'other', text: say`${role} to end` }
        : { kind: 'end', role, end: wanted };
      const end = await play.waitFor(terminal, deadline, { expected, look: () => terminal.status });
      play.checked.add(terminal);
      if (!isFree && !isEnd(end, wanted))
        throw new StepFailure({ expected, seen: { kind: 'ended-otherwise', end }, role });
    });
    return 'played';
  },
  recorded: (action) => (action.kind === 'ended' ? action.ends : undefined),
});
