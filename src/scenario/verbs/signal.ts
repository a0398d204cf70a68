import { didYouMean, nearest } from '../../core/text/suggest.ts';
import { say } from '../../core/language/say.ts';
import { keyOf } from '../order.ts';
import { signalName } from '../reading/ends.ts';
import { inGroups } from '../playing/in-groups.ts';
import { parseRoleMap, type RoleEntry } from '../reading/roles.ts';
import { mapSchema, signalSchema } from '../reading/schema-parts.ts';
import { show, type StepPart } from '../reading/step-part.ts';
import { mapText } from '../reading/step-words.ts';
import { defineVerb } from './define-verb.ts';

/** Signals that people mean, for suggestions. */
const commonSignals = ['INT', 'TERM', 'KILL', 'HUP', 'QUIT', 'STOP', 'CONT', 'USR1', 'USR2'];

/** Signals by role, in order; without `SIG`. */
type Signals = readonly RoleEntry<string>[];

export const signal = defineVerb<Signals>('signal', {
  schema: mapSchema(signalSchema),
  description: say`Sends a signal.`,
  example: { server: 'INT' },
  timeoutMs: 10_000,
  parse: (part) => parseRoleMap(part, 'signal: { server: INT }', parseSignal),
  text: (signals) => mapText(signals.map(([role, name]) => [role, name])),
  acts: (signals) => signals.map(([role, name]) => ({ role, does: say`sends it the signal ${name}` })),
  follow(signals, order) {
    for (const [role, , group] of signals) order.needsRunning(role, keyOf(role, group));
  },
  async play(signals, limit, play) {
    const deadline = play.deadlineOf(limit);
    await inGroups(signals, async (role, name) => {
      const terminal = play.terminal(role);
      await play.waitUntilTaken(terminal, deadline, {
        expected: { kind: 'signal', role, signal: name },
        work: terminal.signal(name),
      });
    });
    return 'played';
  },
  recorded: (action) => (action.kind === 'interrupted' ? { [action.role]: 'INT' } : undefined),
});

function parseSignal(part: StepPart): string | undefined {
  const { value } = part;
  const near = typeof value === 'string' ? nearest(value.replace(/^SIG/i, ''), commonSignals) : undefined;
  return (
    signalName(value) ??
    part.wrong(
      say`must be the name of a signal, not ${show(value)}`,
      near === undefined ? say`for example ${commonSignals.join(', ')}` : didYouMean(near),
    )
  );
}
