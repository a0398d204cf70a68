import { say } from '../../core/language/say.ts';
import { outcomeOf } from '../playing/play-context.ts';
import { inGroups } from '../playing/in-groups.ts';
import { parseRoles, type RoleEntry } from '../reading/roles.ts';
import { rolesSchema } from '../reading/schema-parts.ts';
import { listText } from '../reading/step-words.ts';
import { defineVerb } from './define-verb.ts';

/** `^D`. */
const END_OF_INPUT = '\u0004';

export const close = defineVerb<readonly RoleEntry<undefined>[]>('close', {
  schema: rolesSchema,
  description: say`Ends the input of a program (Ctrl-D).`,
  example: 'client',
  timeoutMs: 10_000,
  parse: (part) => parseRoles(part, 'close: client'),
  text: (roles) => listText(roles.map(([role]) => role)),
  acts: (roles) => roles.map(([role]) => ({ role, does: say`ends its input` })),
  follow(roles, order) {
    for (const [role] of roles) order.needsRunning(role, { at: 'value', path: [] });
  },
  async play(roles, _limit, play) {
    const ours = roles.filter(([role]) => !play.isOperated(role));
    await inGroups(ours, async (role) => {
      await play.stage.events.emit({ kind: 'terminal-input', role, data: END_OF_INPUT, by: 'scenario' });
      play.terminal(role).endInput();
    });
    return outcomeOf(ours);
  },
  recorded: (action) => (action.kind === 'input-ended' ? action.role : undefined),
});
