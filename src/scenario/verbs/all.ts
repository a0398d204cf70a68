import { say } from '../../core/language/say.ts';
import { patternText } from '../../lab/pattern.ts';
import { throwTogether } from '../playing/in-groups.ts';
import { nearestLine } from '../playing/nearest-line.ts';
import { outcomeOf } from '../playing/play-context.ts';
import { join, look, searchesFor } from '../playing/several.ts';
import {
  branchesSchema,
  branchesText,
  followBranches,
  parseBranches,
  toldBranches,
  type Branch,
} from '../reading/branches.ts';
import { defineVerb } from './define-verb.ts';

/** Lines among which one is looked for that is like what was expected. */
const LINES_COMPARED = 200;
const EXAMPLE = 'all: [ { expect: { server: "Ada" } }, { expect: { server: "Bob" } } ]';

export const all = defineVerb<readonly Branch[]>('all', {
  schema: branchesSchema,
  description: say`Waits until all of these have shown, in any order. Each is looked for from where the last step stopped reading; the same text twice has to show twice. Then all is used up to the end of the last one.`,
  example: [{ expect: { server: 'Ada' } }, { expect: { server: 'Bob' } }],
  timeoutMs: 10_000,
  takesValues: true,
  parse: (part) => parseBranches(part, EXAMPLE),
  text: branchesText,
  claims: ({ entries }) => ({ shown: toldBranches(entries.get('all'))?.flat() ?? [] }),
  acts: (branches) =>
    branches.flat().map(([role, pattern]) => ({ role, does: say`waits for ${patternText(pattern)}` })),
  follow: followBranches,
  async play(branches, limit, play) {
    const ours = branches.flat().filter(([role]) => !play.isOperated(role));
    const deadline = play.deadlineOf(limit);
    const searches = searchesFor(ours, play);
    const results = await Promise.allSettled(
      searches.map((search) => {
        const { role, terminal, pattern } = search;
        const { reader } = terminal;
        return play.waitFor(terminal, deadline, {
          expected: { kind: 'text', role, pattern: patternText(pattern) },
          look: () => (look(search) ? true : undefined),
          nearest: () => (reader.shows(pattern) ? undefined : nearestLine(pattern, reader.tail(LINES_COMPARED))),
          hint: () => (reader.shows(pattern) ? { kind: 'used-up' } : undefined),
        });
      }),
    );
    throwTogether(results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : [])));
    join(searches, play);
    return outcomeOf(ours);
  },
});
