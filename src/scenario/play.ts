import { CheckError, LabError, messageOf } from '../core/errors.ts';
import { say } from '../core/language/say.ts';
import type { Expectation, StepProblem } from '../core/step-problem.ts';
import { failedStep } from './failed-step.ts';
import { statusText } from './playing/exit-words.ts';
import { withLongerLimit } from './advice/longer-limit.ts';
import { withBrokenWay } from './advice/broken-way.ts';
import { withBackground } from './advice/in-background.ts';
import { withOwnWords } from './advice/own-words.ts';
import { evidenceOf } from './playing/evidence.ts';
import { PlayContext } from './playing/play-context.ts';
import type { ProgramTerminal } from './playing/program-terminal.ts';
import { StepFailure } from './playing/step-failure.ts';
import { withTimeWait } from './playing/time-wait.ts';
import { triedElsewhere } from './playing/tried-elsewhere.ts';
import { languageOfUser } from '../report/language/languages.ts';
import { foldedLines } from '../report/terminals/repeated-lines.ts';
import { withEndlessOutput } from './playing/endless-output.ts';
import type { FailedStep, PlayResult, ProgramEnd, Tail } from './play-result.ts';
import type { Stage } from './stage.ts';
import type { Scenario, Step } from './scenario.ts';

const TAIL_LINES = 15;
/** Lines among which those that come again and again are folded. */
const LINES_FOLDED = 500;
/** So often they are shown. */
const TIMES_SHOWN = 3;

/**
 * Plays a scenario: all its steps in order, up to the first that fails. Whatever happens, each program that it started
 * has ended when this returns. With users at keyboards it also waits until their programs have ended.
 *
 * A failed step, a lost connection and an abort are results, not errors; only our own bugs throw.
 */
export async function playScenario(scenario: Scenario, stage: Stage): Promise<PlayResult> {
  const started = performance.now();
  const play = new PlayContext(stage, scenario.steps);
  // Not even a sink that fails keeps the programs alive.
  const stop = await playSteps(scenario, play).catch((error: unknown) => ({
    ...kindOfStop(error, play),
    step: undefined,
  }));
  const tails = play.opened.map(tailOf);
  if (stop === undefined) await warnOfEndlessOutput(play);
  const ends = await endAll(play);
  if (stop?.result === 'bug') throw stop.error;
  return {
    result: stop?.result ?? 'passed',
    passed: stop === undefined,
    durationMs: performance.now() - started,
    steps: {
      all: scenario.steps.length,
      passed: play.steps.passed,
      notReached: scenario.steps.length - play.steps.begun,
    },
    failedStep: stop?.step,
    error: stop?.error,
    tails,
    ends,
  };
}

/** Why the play stopped before its end. */
interface Stop {
  readonly result: 'failed' | 'broken' | 'interrupted' | 'bug';
  readonly step: FailedStep | undefined;
  readonly error: Error;
}

async function playSteps(scenario: Scenario, play: PlayContext): Promise<Stop | undefined> {
  for (const step of scenario.steps) {
    play.step = step.index;
    const stop = await playAndReport(step, play);
    if (stop) return stop;
  }
  play.step = undefined;
  try {
    for (const { role, done } of play.opened)
      if (play.isOperated(role)) await play.whileWaiting(endOf(role), abortable(done, play.signal));
    return undefined;
  } catch (error) {
    return { ...kindOfStop(error, play), step: undefined };
  }
}

type Place = Pick<FailedStep, 'index' | 'line' | 'text'>;

async function playAndReport(written: Step, play: PlayContext): Promise<Stop | undefined> {
  const { events } = play.stage;
  let step = written;
  // What of it is secret turns out while it is played.
  const place = (): Place => ({ index: step.index, line: step.position.line, text: play.stepText(step.text) });
  const started = performance.now();
  play.steps.begun++;
  try {
    play.signal.throwIfAborted();
    step = written.withValues?.(play.values) ?? written;
    await events.emit({ kind: 'scenario-step-started', ...place() });
    const outcome = await step.play(step, play);
    if (outcome === 'played') play.steps.passed++;
    if (outcome === 'played')
      await events.emit({
        kind: 'scenario-step-passed',
        ...place(),
        durationMs: performance.now() - started,
        values: play.values.takeFresh(),
      });
    else await events.emit({ kind: 'scenario-step-skipped', ...place(), reason: say`the user holds this keyboard` });
    return undefined;
  } catch (error) {
    const stop = kindOfStop(error, play);
    const problem =
      stop.error instanceof CheckError ? await advised(await problemOf(stop.error, step, play), play) : undefined;
    const { file } = step.position;
    const failed = { ...failedStep(place(), problem, stop.error), ...(file !== undefined && { file }) };
    const { reason } = failed;
    await events.emit({
      kind: 'scenario-step-failed',
      ...place(),
      durationMs: performance.now() - started,
      reason,
      ...(problem === undefined ? {} : { problem }),
    });
    return { ...stop, step: failed };
  }
}

/** Why a step failed, whatever check found it. */
async function problemOf(error: CheckError, { text }: Step, play: PlayContext): Promise<StepProblem> {
  const failure =
    error instanceof StepFailure
      ? error
      : new StepFailure({
          expected: { kind: 'possible', step: play.stepText(text) },
          seen: error.message,
          hint: error.hint,
        });
  const attempts = await triedElsewhere(play);
  const { problem } = failure.with(await evidenceOf(play));
  return withEndlessOutput({ ...problem, ...(attempts.length > 0 && { attempts }) }, play.opened);
}

/** The problem with the first advice that fits: what is certain comes first. */
async function advised(problem: StepProblem, play: PlayContext): Promise<StepProblem> {
  const withWords = await withOwnWords(await withTimeWait(problem, play), play);
  return withLongerLimit(await withBrokenWay(withBackground(withWords, play), play));
}

function kindOfStop(thrown: unknown, play: PlayContext): Omit<Stop, 'step'> {
  const error = thrown instanceof Error ? thrown : new Error(messageOf(thrown));
  if (play.stage.signal.aborted) return { result: 'interrupted', error };
  if (error instanceof CheckError) return { result: 'failed', error };
  return { result: error instanceof LabError ? 'broken' : 'bug', error };
}

/** Waits for work, but not longer than until the signal aborts. */
function endOf(role: string): Expectation {
  return { kind: 'other', text: say`${role} to end` };
}

async function abortable(work: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  await Promise.race([work, promise]).finally(() => signal.removeEventListener('abort', abort));
}

function tailOf({ role, machine, reader }: ProgramTerminal): Tail {
  const lines = reader.tail(LINES_FOLDED);
  // A screen is shown as it stands, with all its empty rows.
  return { role, machine, lines: reader.screen === undefined ? foldedTail(lines, TAIL_LINES) : lines };
}

/** The last lines, where those that come again and again count as one. */
function foldedTail(lines: readonly string[], most: number): string[] {
  return foldedLines(lines, TIMES_SHOWN)
    .map((each) => ('line' in each ? each.line : languageOfUser().failure.repeated(each.cycle, each.times)))
    .slice(-most);
}

/** Ends what still runs, and warns of programs that failed though no step checks their end. */
async function endAll(play: PlayContext): Promise<ProgramEnd[]> {
  for (const keyboard of play.keyboards.values()) keyboard.close();
  return Promise.all(play.opened.map((terminal) => endOne(terminal, play)));
}

/** A scenario may pass while a program prints and prints. */
async function warnOfEndlessOutput({ opened, stage }: PlayContext): Promise<void> {
  for (const { role, endless } of opened) {
    if (endless === undefined) continue;
    const expected = { kind: 'end', role, end: 0 } as const;
    const words = languageOfUser().failure;
    const message = words.seen({ expected, seen: { kind: 'endless-output', role, ...endless } });
    const hint = words.hint({ kind: 'endless-output' });
    await stage.events.emit({ kind: 'notice', level: 'warning', message, hint });
  }
}

async function endOne(terminal: ProgramTerminal, play: PlayContext): Promise<ProgramEnd> {
  const { role, machine } = terminal;
  const { events } = play.stage;
  const wasRunning = terminal.status === undefined;
  if (wasRunning) await events.emit({ kind: 'program-stopped', role, machine });
  try {
    await terminal.stop();
  } catch (error) {
    await events.emit({
      kind: 'notice',
      level: 'warning',
      message: say`could not end ${role} on ${machine}: ${messageOf(error)}`,
    });
  }
  const { status } = terminal;
  const by: ProgramEnd['by'] = wasRunning ? 'lab' : play.checked.has(terminal) ? 'checked' : 'unasked';
  if (by === 'unasked' && status && status.exitCode !== 0 && !terminal.endedAsAsked) {
    const end = statusText(status);
    const notice = play.asksForEnd(role)
      ? { message: say`${role} ended with ${end}, before the step that asks for its end` }
      : {
          message: say`${role} ended with ${end}, and no step asks for its end`,
          hint:
            status.exitCode === undefined
              ? say`Nobody asked it to end: what it showed last may say why it was ended.`
              : say`If that is right, add a step: exit: { ${role}: ${status.exitCode} }; if not, what it showed last says why.`,
        };
    await events.emit({ kind: 'notice', level: 'warning', ...notice });
  }
  return { role, machine, status, by };
}
