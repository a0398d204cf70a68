import type { CheckError } from '../core/errors.ts';
import { retryUntil } from '../core/time/retry.ts';
import { expectedEndText, isEnd, statusText } from './exit-words.ts';
import { StepFailure } from './step-failure.ts';
import type { Deadline, PlayContext } from './play-context.ts';
import { checkPorts } from './port-check.ts';
import { takePrompt, waitForPrompt, waitUntilListening } from './ready.ts';
import { runCommand } from './run-command.ts';
import { defaultTerminal } from './stage.ts';
import { patternText } from '../lab/pattern.ts';
import type { Step, Verb } from './steps.ts';
import { checkPackets } from './tcp-check.ts';
import { ProgramTerminal } from './program-terminal.ts';

/** A regular expression that could match more is taken when the terminal was quiet for so long. */
const SETTLED_MS = 25;
/** `^D`. */
const END_OF_INPUT = '\u0004';

/** What became of a step that did not fail. */
export type Outcome = 'played' | 'skipped';

/** How each verb is played. */
const acts: { readonly [V in Verb]: (step: Step<V>, play: PlayContext) => Promise<Outcome> } = {
  start: playStart,
  send: playSend,
  expect: playExpect,
  exit: playExit,
  close: playClose,
  signal: playSignal,
  wait: playWait,
  run: playRun,
  tcp: playTcp,
};

/**
 * Plays one step.
 *
 * @throws {CheckError} when the programs do not do what the step wants; a `StepFailure` says what that was.
 */
export async function playStep<V extends Verb>(step: Step<V>, play: PlayContext): Promise<Outcome> {
  return acts[step.verb](step, play);
}

async function playStart(step: Step<'start'>, play: PlayContext): Promise<Outcome> {
  const deadline = play.deadlineOf(step);
  for (const name of step.programs) await startProgram(name, deadline, play);
  return 'played';
}

async function startProgram(name: string, deadline: Deadline, play: PlayContext): Promise<void> {
  const { stage, signal } = play;
  const program = play.program(name);
  const shell = play.shell(program.on);
  await Promise.all([
    stage.beforeStart?.(program) ?? checkPorts(program, shell, { events: stage.events, signal }),
    stage.packets?.ready(),
  ]);
  signal.throwIfAborted();
  const size = play.keyboards.get(name)?.size ?? stage.terminal ?? defaultTerminal;
  const terminal = await ProgramTerminal.open({
    program,
    stageProgram: stage.programs.get(name)!,
    shell,
    size,
    events: stage.events,
    turn: () => play.turnOf(name),
    signal,
  });
  play.add(terminal);
  if (program.listens.length > 0) await waitUntilListening(play, terminal, deadline);
  else if (program.prompt) await waitForPrompt(play, terminal, deadline);
}

async function playSend(step: Step<'send'>, play: PlayContext): Promise<Outcome> {
  const lines = step.lines.filter(({ role }) => !play.isOperated(role));
  const deadline = play.deadlineOf(step);
  for (const { role, text } of lines) await sendText(play, play.terminal(role), text, deadline);
  return outcomeOf(lines);
}

async function sendText(play: PlayContext, terminal: ProgramTerminal, text: string, deadline: Deadline): Promise<void> {
  const keys = isKeys(text);
  const expected = `${terminal.role} to be there for ${JSON.stringify(text)}`;
  if (terminal.program.prompt && !keys) await takePrompt(play, terminal, deadline);
  if (terminal.status) throw new StepFailure(expected, `it ended with ${statusText(terminal.status)}`);
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/);
  await untilTaken(play, terminal, deadline, expected, keys ? terminal.press(text) : terminal.type(lines));
}

/** Waits until something was handed over to the program. When that fails, the program has ended or its connection is lost, and both end this wait. */
async function untilTaken(
  play: PlayContext,
  terminal: ProgramTerminal,
  deadline: Deadline,
  expected: string,
  work: Promise<void>,
): Promise<void> {
  let isTaken = false;
  work.then(
    () => {
      isTaken = true;
      terminal.changes.notify();
    },
    () => undefined,
  );
  await play.waitFor(terminal, deadline, {
    expected,
    otherwise: 'its machine did not take it',
    look: () => (isTaken ? true : undefined),
  });
}

/** Nothing but control characters, as a person presses keys: no Enter follows, and no prompt is waited for. */
function isKeys(text: string): boolean {
  return /^[\0-\x09\x0b-\x1f\x7f]+$/.test(text);
}

async function playExpect(step: Step<'expect'>, play: PlayContext): Promise<Outcome> {
  const patterns = step.patterns.filter(({ role }) => !play.isOperated(role));
  const deadline = play.deadlineOf(step);
  for (const { role, pattern } of patterns) {
    const terminal = play.terminal(role);
    const { reader } = terminal;
    await play.waitFor(terminal, deadline, {
      expected: `${patternText(pattern)} on the terminal of ${role}`,
      otherwise: 'it did not come',
      look: () => (reader.takeMatch(pattern, terminal.quietMs >= SETTLED_MS) === 'found' ? true : undefined),
      hint: () => {
        if (reader.shows(pattern))
          return 'It stands there, but as the echo of what was typed, or an earlier expect has used it up.';
        return reader.droppedLines > 0
          ? `The first ${reader.droppedLines} lines are no longer kept; it may have been there.`
          : undefined;
      },
    });
  }
  return outcomeOf(patterns);
}

async function playExit(step: Step<'exit'>, play: PlayContext): Promise<Outcome> {
  const deadline = play.deadlineOf(step);
  for (const { role, status } of step.ends) {
    const terminal = play.terminal(role);
    const expected = `${role} to end with ${expectedEndText(status)}`;
    const end = await play.waitFor(terminal, deadline, {
      expected,
      otherwise: 'it did not end',
      look: () => terminal.status,
    });
    play.checked.add(terminal);
    // The user may leave the program in another way than the scenario has it.
    if (!play.isOperated(role) && !isEnd(end, status))
      throw new StepFailure(expected, `it ended with ${statusText(end)}`);
  }
  return 'played';
}

async function playClose(step: Step<'close'>, play: PlayContext): Promise<Outcome> {
  const roles = step.roles.filter((role) => !play.isOperated(role));
  for (const role of roles) {
    await play.stage.events.emit({ kind: 'terminal-input', role, data: END_OF_INPUT, by: 'scenario' });
    play.terminal(role).endInput();
  }
  return outcomeOf(roles);
}

async function playSignal(step: Step<'signal'>, play: PlayContext): Promise<Outcome> {
  const deadline = play.deadlineOf(step);
  for (const { role, signal } of step.signals) {
    const terminal = play.terminal(role);
    await untilTaken(play, terminal, deadline, `${role} to be there for the signal ${signal}`, terminal.signal(signal));
  }
  return 'played';
}

async function playWait(step: Step<'wait'>, play: PlayContext): Promise<Outcome> {
  const { until } = step;
  const deadline = play.deadlineOf(step);
  if (until.kind === 'time') await waitForTime(until.ms, play.signal);
  else if (until.kind === 'listens') await waitUntilListening(play, play.terminal(until.role), deadline);
  else await waitForPrompt(play, play.terminal(until.role), deadline);
  return 'played';
}

async function waitForTime(ms: number, signal: AbortSignal): Promise<void> {
  const end = performance.now() + ms;
  const look = (): { value: true } | { seen: string } =>
    performance.now() >= end ? { value: true } : { seen: 'it is too early' };
  await retryUntil(look, { what: 'the time to pass', timeoutMs: ms + 1000, intervalMs: ms, signal });
}

async function playRun(step: Step<'run'>, play: PlayContext): Promise<Outcome> {
  const deadline = play.deadlineOf(step);
  for (const command of step.commands) await runCommand(command, deadline, play);
  return 'played';
}

async function playTcp(step: Step<'tcp'>, play: PlayContext): Promise<Outcome> {
  await checkPackets(step.expectation, play.limitOf(step), play);
  return 'played';
}

/** Lines of roles whose keyboard the user holds are left out; a step with no others is skipped. */
function outcomeOf(parts: readonly unknown[]): Outcome {
  return parts.length > 0 ? 'played' : 'skipped';
}

/** The failure in the words of a step, whatever check made it. */
export function stepFailureOf(error: CheckError, step: Step): StepFailure {
  return error instanceof StepFailure
    ? error
    : new StepFailure(`"${step.text}" to be possible`, error.message, error.hint);
}
