import { type Attempt, retryUntil } from '../../core/time/retry.ts';
import { say } from '../../core/language/say.ts';
import { waitUntilListening } from '../waiting/listening.ts';
import { waitForPrompt } from '../waiting/ready.ts';
import { parseDuration } from '../reading/duration.ts';
import { options } from '../reading/options.ts';
import { parseRole } from '../reading/roles.ts';
import { roleSchema, timeSchema } from '../reading/schema-parts.ts';
import { show, type StepPart } from '../reading/step-part.ts';
import { mapText } from '../reading/step-words.ts';
import { defineVerb } from './define-verb.ts';

type WaitGoal =
  { readonly kind: 'time'; readonly ms: number } | { readonly kind: 'listens' | 'prompt'; readonly role: string };

export const wait = defineVerb<WaitGoal>('wait', {
  schema: {
    anyOf: [timeSchema, options({ listens: roleSchema }, ['listens']), options({ prompt: roleSchema }, ['prompt'])],
  },
  description: say`Waits for a time, until a program listens, or until it shows its prompt.`,
  example: { listens: 'server' },
  timeoutMs: 15_000,
  parse(part) {
    const entries = part.entries();
    if (!entries) return parseTime(part);
    const [[kind, name] = []] = entries;
    if (entries.length === 1 && name && (kind === 'listens' || kind === 'prompt')) return parseGoal(name, kind);
    return part.wrong(
      say`must be a time, { listens: PROGRAM } or { prompt: PROGRAM }`,
      say`for example: wait: { listens: server }`,
    );
  },
  text: (goal) => (goal.kind === 'time' ? `${goal.ms}ms` : mapText([[goal.kind, goal.role]])),
  follow(goal, order) {
    if (goal.kind !== 'time') order.needsRunning(goal.role, { at: 'value', path: [goal.kind] });
  },
  async play(goal, limit, play) {
    const deadline = play.deadlineOf(limit);
    if (goal.kind === 'time') await waitForTime(goal.ms, play.signal);
    else if (goal.kind === 'prompt') await waitForPrompt(play, play.terminal(goal.role), deadline);
    else {
      const terminal = play.terminal(goal.role);
      await waitUntilListening(play, terminal, { deadline, ports: terminal.program.listens });
    }
    return 'played';
  },
});

function parseTime(part: StepPart): WaitGoal | undefined {
  const ms = parseDuration(part.value);
  if (typeof ms === 'number') return { kind: 'time', ms };
  return part.wrong(
    say`must be ${ms.wrong}, or { listens: PROGRAM }, or { prompt: PROGRAM }, not ${show(part.value)}`,
    ms.hint,
  );
}

function parseGoal(part: StepPart, kind: 'listens' | 'prompt'): WaitGoal | undefined {
  const role = parseRole(part, `wait: { ${kind}: server }`);
  const program = role === undefined ? undefined : part.lab.programs.get(role);
  if (role === undefined || !program) return undefined;
  if (kind === 'listens' && program.listens.length === 0)
    return part.wrong(
      say`the program "${role}" has no port to listen on`,
      say`add "listens: PORT" to programs.${role}`,
    );
  if (kind === 'prompt' && !program.prompt)
    return part.wrong(say`the program "${role}" has no prompt`, say`add "prompt: TEXT" to programs.${role}`);
  return { kind, role };
}

async function waitForTime(ms: number, signal: AbortSignal): Promise<void> {
  const end = performance.now() + ms;
  const look = (): Attempt<true> => (performance.now() >= end ? { value: true } : { seen: say`it is too early` });
  await retryUntil(look, { what: say`the time to pass`, timeoutMs: ms + 1000, intervalMs: ms, signal });
}
