import { castOf, type Scenario } from './scenario.ts';
import type { Lab } from '../lab/types.ts';
import { sanitizeToLine } from '../core/text/sanitize.ts';
import { quoteCommand } from '../core/text/shell-quote.ts';
import { say } from '../core/language/say.ts';

/** So many of the things that a scenario does with a program are told. */
const TOLD_ACTS = 2;
/** UTF-16 units of one of them, and of a command. */
const LONGEST_WORDS = 100;

/**
 * What the user who takes the keyboard of a role is told first: who that is, and what the scenario or other users do at
 * the terminals of the other roles. One line, harmless on a terminal.
 *
 * @param operated The roles of all users.
 */
export function roleStory(role: string, operated: ReadonlySet<string>, scenario: Scenario, lab: Lab): string {
  const { on, command } = lab.programs.get(role)!;
  const others = castOf(scenario, lab).roles.filter((other) => other !== role);
  const scripted = others.filter((other) => !operated.has(other)).map((other) => storyOf(other, scenario));
  const human = others.filter((other) => operated.has(other));
  return sanitizeToLine(
    [
      say`You are ${role}, at the keyboard of "${clipped(quoteCommand(command))}" on ${on}.`,
      ...(scripted.length === 0 ? [] : [say`The scenario ${scenario.name} plays ${scripted.join(say`; and `)}.`]),
      ...(human.length === 0 ? [] : [playedElsewhere(human)]),
    ].join(' '),
  );
}

function playedElsewhere(roles: readonly string[]): string {
  const names = roles.join(say` and `);
  return roles.length > 1
    ? say`${names} are played in another terminal.`
    : say`${names} is played in another terminal.`;
}

/** `server: it waits for "Hello", then types "Hello !"`. */
function storyOf(role: string, { steps }: Scenario): string {
  const acts = steps.flatMap((step) => step.acts).filter((act) => act.role === role);
  if (acts.length === 0) return role;
  const told = acts
    .slice(0, TOLD_ACTS)
    .map(({ does }) => clipped(does))
    .join(say`, then `);
  return acts.length > TOLD_ACTS ? say`${role}: it ${told}, and so on` : say`${role}: it ${told}`;
}

function clipped(words: string): string {
  return words.length <= LONGEST_WORDS ? words : `${words.slice(0, LONGEST_WORDS)}…`;
}
