import type { Advice, Expectation } from '../../core/step-problem.ts';
import { say } from '../../core/language/say.ts';
import { patternText } from '../../lab/pattern.ts';
import { outcomeOf } from '../playing/play-context.ts';
import { join, look, searchesFor, waitForSeveral, type Search } from '../playing/several.ts';
import {
  branchesSchema,
  branchesText,
  followBranches,
  parseBranches,
  toldBranches,
  type Branch,
} from '../reading/branches.ts';
import { defineVerb } from './define-verb.ts';

const EXAMPLE = 'any: [ { expect: { client: "OK" } }, { expect: { client: "busy" } } ]';

export const any = defineVerb<readonly Branch[]>('any', {
  schema: branchesSchema,
  description: say`Waits until one of these has shown, whichever comes first; of several that are there, the first of the list counts. What was read for the others is not used up: later steps still find it.`,
  example: [{ expect: { client: 'Welcome' } }, { expect: { client: 'full' } }],
  timeoutMs: 10_000,
  takesValues: true,
  parse: (part) => parseBranches(part, EXAMPLE),
  text: branchesText,
  claims: ({ entries }) => ({ anyShown: toldBranches(entries.get('any')) }),
  acts: (branches) => branches.flat().map(([role, pattern]) => ({ role, does: say`may show ${patternText(pattern)}` })),
  follow: followBranches,
  async play(branches, limit, play) {
    const ours = branches.filter((branch) => branch.every(([role]) => !play.isOperated(role)));
    if (ours.length === 0) return outcomeOf(ours);
    const searches = ours.map((branch) => searchesFor(branch, play));
    const terminals = [...new Set(searches.flat().map(({ terminal }) => terminal))];
    const found = await waitForSeveral(play, terminals, {
      deadline: play.deadlineOf(limit),
      expected: expectationOf(ours),
      // All are looked for, so that each has found what it can before one is chosen.
      look: () => {
        const done = searches.map((branch) => branch.map((search) => look(search)).every(Boolean));
        return searches[done.indexOf(true)];
      },
      hint: () => usedUp(searches.flat()),
    });
    join(found, play);
    return 'played';
  },
});

/** Of those that stand there all the same. */
function usedUp(searches: readonly Search[]): Advice | undefined {
  const shown = searches.find(({ left, terminal, pattern }) => left > 0 && terminal.reader.shows(pattern));
  return shown && { kind: 'used-up', role: shown.role, pattern: patternText(shown.pattern) };
}

function expectationOf(branches: readonly Branch[]): Expectation {
  const texts = branches.flat().map(([role, pattern]) => ({ role, pattern: patternText(pattern) }));
  return texts.length === 1 ? { kind: 'text', ...texts[0]! } : { kind: 'any-text', texts };
}
