import { awakeNow } from '../../core/time/awake-clock.ts';
import { type Attempt, retryUntil } from '../../core/time/retry.ts';
import { say } from '../../core/language/say.ts';
import { findPattern, patternText } from '../../lab/pattern.ts';
import { keyOf } from '../order.ts';
import { outcomeOf } from '../playing/play-context.ts';
import { anyChange, look, searchesFor, type Search } from '../playing/several.ts';
import { StepFailure } from '../playing/step-failure.ts';
import { toldBranch, type Branch } from '../reading/branches.ts';
import { parseDuration } from '../reading/duration.ts';
import { checkOptions, options } from '../reading/options.ts';
import { parseRoleMap } from '../reading/roles.ts';
import { mapSchema, patternSchema, timeSchema } from '../reading/schema-parts.ts';
import { show, type StepPart } from '../reading/step-part.ts';
import { mapText } from '../reading/step-words.ts';
import { parseExpectation } from '../reading/texts.ts';
import { defineVerb } from './define-verb.ts';

/** What must not show, and for how long. */
interface Absence {
  readonly branch: Branch;
  readonly ms: number;
}

const DEFAULT_MS = 1000;
const EXAMPLE = 'not: { expect: { client: "secret" }, for: 1s }';
const form = options({ expect: mapSchema(patternSchema), for: timeSchema }, ['expect']);
/** Lines among which the one is looked for that shows it. */
const LINES_SHOWN = 200;

export const not = defineVerb<Absence>('not', {
  schema: form,
  description: say`Fails when one of these shows within the time that \`for\` says (default 1s): the step takes that long. What came before the step and no step has used up counts, too. Nothing is used up.`,
  example: { expect: { client: 'refused' }, for: '1s' },
  timeoutMs: 10_000,
  parse(part) {
    const entries = part.entries();
    if (!entries)
      return part.wrong(say`must be a map with "expect", not ${show(part.value)}`, say`for example: ${EXAMPLE}`);
    checkOptions(part, form, say`for example: ${EXAMPLE}`);
    const given = new Map(entries);
    const expected = given.get('expect');
    const branch = expected && parseRoleMap(expected, 'expect: { server: "Hello" }', parseExpectation);
    const time = given.get('for');
    const ms = time === undefined ? DEFAULT_MS : parseTime(time);
    return branch === undefined || ms === undefined ? undefined : { branch, ms };
  },
  text: ({ branch, ms }) =>
    mapText([
      ['expect', mapText(branch.map(([role, pattern]) => [role, patternText(pattern)]))],
      ['for', `${ms}ms`],
    ]),
  claims(map) {
    const texts = toldBranch(map);
    const ms = parseDuration(map.entries.get('for'));
    return texts === undefined || typeof ms !== 'number' ? {} : { unseen: { texts, ms } };
  },
  acts: ({ branch }) => branch.map(([role, pattern]) => ({ role, does: say`must not show ${patternText(pattern)}` })),
  follow({ branch }, order) {
    for (const [role, , group] of branch) {
      const { at, path } = keyOf(role, group);
      order.needsStarted(role, { at, path: ['expect', ...path] });
    }
  },
  async play({ branch, ms }, _limit, play) {
    const ours = branch.filter(([role]) => !play.isOperated(role));
    const searches = searchesFor(ours, play);
    const end = awakeNow() + ms;
    const attempt = (): Attempt<true> => {
      const isOver = awakeNow() >= end || searches.every(({ terminal }) => terminal.status !== undefined);
      const found = searches.find((search) => look(search, isOver));
      if (found) throw shownAfterAll(found, ms);
      return isOver ? { value: true } : { seen: 'nothing' };
    };
    await retryUntil(attempt, {
      what: 'no-text',
      timeoutMs: ms + DEFAULT_MS,
      intervalMs: 25,
      wake: () => anyChange(searches.map(({ terminal }) => terminal)),
      signal: play.signal,
    });
    return outcomeOf(ours);
  },
});

function parseTime(part: StepPart): number | undefined {
  const ms = parseDuration(part.value);
  return typeof ms === 'number' ? ms : part.wrong(say`must be ${ms.wrong}, not ${show(part.value)}`, ms.hint);
}

function shownAfterAll({ role, terminal, pattern }: Search, ms: number): StepFailure {
  const line = terminal.reader.tail(LINES_SHOWN).findLast((each) => findPattern(pattern, each, 0) !== undefined);
  return new StepFailure({
    expected: { kind: 'no-text', role, pattern: patternText(pattern), ms },
    seen: { kind: 'shown', line },
    role,
  });
}
