import type { Advice } from '../../core/step-problem.ts';
import { say } from '../../core/language/say.ts';
import { patternText } from '../../lab/pattern.ts';
import type { Pattern } from '../../lab/types.ts';
import { keyOf } from '../order.ts';
import { nearestLine } from '../playing/nearest-line.ts';
import { outcomeOf } from '../playing/play-context.ts';
import type { TerminalReader } from '../playing/terminal-reader.ts';
import { inGroups } from '../playing/in-groups.ts';
import { parseRoleMap, type RoleEntry } from '../reading/roles.ts';
import { mapSchema, patternSchema } from '../reading/schema-parts.ts';
import { mapText } from '../reading/step-words.ts';
import { parseExpectation } from '../reading/texts.ts';
import { defineVerb } from './define-verb.ts';

/** A regular expression that could match more is taken when the terminal was quiet for so long. */
const SETTLED_MS = 25;
/** Lines among which one is looked for that is like what was expected. */
const LINES_COMPARED = 200;

/** Patterns by role, in order. */
type Patterns = readonly RoleEntry<Pattern>[];

export const expect = defineVerb<Patterns>('expect', {
  schema: mapSchema(patternSchema),
  description: say`Waits until a program shows this text or pattern; of a program that draws on its screen (curses), until it stands there.`,
  example: { server: "from client 'Hello vm1'" },
  timeoutMs: 10_000,
  isQuoted: true,
  takesValues: true,
  parse: (part) => parseRoleMap(part, 'expect: { server: "Hello" }', parseExpectation),
  text: (patterns) => mapText(patterns.map(([role, pattern]) => [role, patternText(pattern)])),
  claims: ({ entries }) => ({
    shown: [...entries].flatMap(([role, value]) =>
      typeof value === 'object' && 'pattern' in value ? [[role, value.pattern] as const] : [],
    ),
  }),
  acts: (patterns) => patterns.map(([role, pattern]) => ({ role, does: say`waits for ${patternText(pattern)}` })),
  follow(patterns, order) {
    for (const [role, , group] of patterns) order.needsStarted(role, keyOf(role, group));
  },
  async play(patterns, limit, play) {
    const ours = patterns.filter(([role]) => !play.isOperated(role));
    const deadline = play.deadlineOf(limit);
    await inGroups(ours, async (role, pattern) => {
      const terminal = play.terminal(role);
      const { reader } = terminal;
      await play.waitFor(terminal, deadline, {
        expected: { kind: 'text', role, pattern: patternText(pattern) },
        look: () => (reader.takeMatch(pattern, terminal.quietMs >= SETTLED_MS) === 'found' ? true : undefined),
        nearest: () => (reader.shows(pattern) ? undefined : nearestLine(pattern, reader.tail(LINES_COMPARED))),
        hint: () => missedHint(reader, pattern),
      });
      play.values.take(reader.groups, role);
    });
    return outcomeOf(ours);
  },
  recorded: (action) => (action.kind === 'shown' ? { [action.role]: action.text } : undefined),
});

function missedHint(reader: TerminalReader, pattern: Pattern): Advice | undefined {
  if (reader.shows(pattern)) return { kind: 'used-up' };
  return reader.droppedLines > 0 ? { kind: 'lines-dropped', lines: reader.droppedLines } : undefined;
}
