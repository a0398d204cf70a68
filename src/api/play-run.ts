import { readFile } from 'node:fs/promises';
import { run } from '../commands/runs/run.ts';
import { CheckError } from '../core/errors.ts';
import type { EventListener } from '../core/event-listeners.ts';
import { say } from '../core/language/say.ts';
import type { FailureText } from '../scenario/render-failure.ts';
import type { CommandContext } from '../session/context.ts';
import { shownPath } from '../session/lab-file/shown-path.ts';
import { EventQueue, type LabEvent } from './event-queue.ts';
import { resultOf, type RunOptions, type RunResult } from './run-result.ts';

/** A scenario that is being played: a promise of its result, and what happens until then. */
export interface RunningScenario extends Promise<RunResult> {
  /** From its beginning to its end. For one reader. */
  readonly events: AsyncIterableIterator<LabEvent>;
}

type Play = (context: CommandContext) => Promise<RunResult>;

/** Plays a scenario with the context that `begin` makes for it, whose events also go to the listener. */
export function playRun(
  scenario: string | undefined,
  options: RunOptions,
  begin: (play: Play, listener: EventListener) => Promise<RunResult>,
): RunningScenario {
  const events = new EventQueue();
  const playing = begin(
    (context) => playWith(withParams(context, options.params), scenario, options),
    (event) => events.push(event),
  );
  const result = playing.finally(() => events.end());
  return Object.defineProperty(result, 'events', {
    get() {
      // Who reads the events first asks for the result later: until then its failure is nobody's.
      result.catch(() => undefined);
      return events;
    },
  }) as RunningScenario;
}

function withParams(context: CommandContext, params: RunOptions['params']): CommandContext {
  if (params === undefined) return context;
  const parameters = Object.fromEntries(Object.entries(params).map(([name, value]) => [name, String(value)]));
  return { ...context, overrides: { ...context.overrides, parameters } };
}

async function playWith(
  context: CommandContext,
  scenario: string | undefined,
  { check = false, fresh = false, capture, maxOutputBytes }: RunOptions,
): Promise<RunResult> {
  const series = await run(context, {
    scenario,
    times: 1,
    fresh,
    ...(capture === undefined ? {} : { capture }),
    maxOutputBytes,
  });
  // A run that was interrupted is stored as one, but who aborted it wants none.
  context.signal.throwIfAborted();
  const result = await resultOf(series, await failureText(context));
  if (check && !result.passed) throw failedRun(result);
  return result;
}

async function failureText(context: CommandContext): Promise<FailureText> {
  if (context.overrides.text !== undefined) return { file: undefined };
  return { file: shownPath(context), source: await readFile(context.labFile, 'utf8').catch(() => undefined) };
}

function failedRun({ scenario, result, reason = '', explanation, ...rest }: RunResult): CheckError {
  return new CheckError(say`the scenario ${scenario} did not pass: ${reason}`, {
    code: 'run-failed',
    detail: explanation,
    data: { scenario, result, run: rest.run, folder: rest.folder },
  });
}
