import { castOf, type Scenario } from './scenario.ts';
import type { Lab } from '../lab/types.ts';
import { sanitizeToLine } from '../core/text/sanitize.ts';
import { quoteCommand } from '../core/text/shell-quote.ts';

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
      `You are ${role}, at the keyboard of "${clipped(quoteCommand(command))}" on ${on}.`,
      ...(scripted.length === 0 ? [] : [`The scenario ${scenario.name} plays ${scripted.join('; and ')}.`]),
      ...(human.length === 0
        ? []
        : [`${human.join(' and ')} ${human.length > 1 ? 'are' : 'is'} played in another terminal.`]),
    ].join(' '),
  );
}

/** `server: it waits for "Hello", then types "Hello !"`. */
function storyOf(role: string, { steps }: Scenario): string {
  const acts = steps.flatMap((step) => step.acts).filter((act) => act.role === role);
  const told = acts.slice(0, TOLD_ACTS).map(({ words }) => clipped(words));
  return told.length === 0
    ? role
    : `${role}: it ${told.join(', then ')}${acts.length > TOLD_ACTS ? ', and so on' : ''}`;
}

function clipped(words: string): string {
  return words.length <= LONGEST_WORDS ? words : `${words.slice(0, LONGEST_WORDS)}…`;
}
