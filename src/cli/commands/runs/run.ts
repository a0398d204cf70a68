import { relative } from 'node:path';
import type { RunResult } from '../../../commands/runs/run.ts';
import { ExitCode, LabError, UsageError } from '../../../core/errors.ts';
import { readOrdinary } from '../../../core/files/ordinary-file.ts';
import { sayDuration, sayNumber } from '../../../core/language/amounts.ts';
import { counted, say } from '../../../core/language/say.ts';
import type { StepCounts } from '../../../scenario/play-result.ts';
import { renderFailure } from '../../../scenario/render-failure.ts';
import type { CommandContext } from '../../../session/context.ts';
import { shownPath } from '../../../session/lab-file/shown-path.ts';
import { defineCommand } from '../../command/define-command.ts';
import { flag, negated, optional, value, values } from '../../command/parameters.ts';
import { labParameters, maxOutput, withParameters } from '../../command/shared-parameters.ts';
import { countFrom1, role, scenario } from '../../command/value-types.ts';
import { runForJob } from '../../job/run-for-job.ts';
import { outcome, type Outcome } from '../../outcome.ts';
import { plain, type Style } from '../../show/style.ts';

const times = countFrom1('times', 6, { code: 'wrong-repeat', hint: say`For example:  lab run --repeat 20` });

export const runCommand = defineCommand({
  name: 'run',
  group: 'scenarios',
  summary: say`play a scenario and relay its terminals live`,
  details: [
    say`Each run is stored in .lab/runs.`,
    say`It exits 0 when the scenario passed, 1 when a step failed.`,
  ].join(' '),
  arguments: {
    scenario: optional(
      scenario,
      say`name of the scenario (default: the one with "default: true", or else the first of the file)`,
    ),
  },
  options: {
    repeat: value(times, say`play it that many times and report the pass rate and the first failure`),
    fresh: flag(
      say`make the machines again before each play, so that nothing is left of the one before: no connection in TIME_WAIT, no file, no process (not for machines that exist already)`,
    ),
    as: value(
      role,
      say`operate this program yourself: its terminal is yours (Ctrl-] ends the run); joins a run that waits for this role`,
    ),
    with: values(role, say`with --as: wait until another terminal joins with --as and this role`),
    param: labParameters,
    capture: negated(say`do not capture the packets of the programs`),
    maxOutput,
  },
  alsoCalled: ['play', 'test'],
  examples: [
    { words: 'run', does: say`play the default scenario, or else the first` },
    { words: 'run tp1 --repeat 20', does: say`how often does it pass?` },
    { words: 'run tp1 --repeat 3 --fresh', does: say`each play on machines that nobody has used before` },
    { words: 'run tp1 --as client', does: say`type the lines of the client yourself; the server is scripted` },
    { words: 'run -p name=Ada -p port=8000', does: say`with other values for {name} and {port} of the lab file` },
    { words: 'run tp1 --as client --with server', does: say`in one terminal; then in another: lab run --as server` },
  ],
  takesScreen: (options) => options.as !== undefined,
  run: async ({ context: given, global, style, arguments: { scenario }, options }) => {
    const { repeat, fresh, as: role, with: others, param, capture, maxOutput: maxOutputBytes } = options;
    const context = withParameters(given, param);
    // Unless it is switched off, the lab file decides.
    const store = { ...(capture ? {} : { capture }), fresh, maxOutputBytes };
    if (role === undefined) {
      if (others.length > 0) throw withoutSeat();
      const { run } = await import('../../../commands/runs/run.ts');
      return runOutcome(await run(context, { scenario, times: repeat ?? 1, ...store }), context, style);
    }
    if (global.json || repeat !== undefined) throw seatExcludes(global.json ? '--json' : '--repeat');
    const { runAs } = await import('../../../commands/runs/run-as.ts');
    const result = await runAs(context, { scenario, role, others, ...store });
    if ('runs' in result) return runOutcome(result, context, style);
    const exitCode = result.result === 'passed' ? ExitCode.done : ExitCode.checkFailed;
    return outcome(result, resultSentence(result.result), exitCode);
  },
});

/** `result` comes from the \`lab\` that plays the run. */
function resultSentence(result: string): string {
  const sentences: Readonly<Record<string, string>> = {
    passed: say`The run has passed.\n`,
    failed: say`The run has failed.\n`,
    broken: say`The run has broken.\n`,
    interrupted: say`The run has interrupted.\n`,
  };
  return sentences[result] ?? '';
}

function withoutSeat(): UsageError {
  return new UsageError(say`--with needs --as`, {
    code: 'wrong-arguments',
    hint: say`For example:  lab run --as client --with server`,
  });
}

function seatExcludes(option: string): UsageError {
  return new UsageError(say`--as and ${option} exclude each other`, {
    code: 'wrong-arguments',
    hint: say`With --as the terminal belongs to the program, and to you.`,
  });
}

/** With more text than this, a lab file is not quoted. Bytes. */
const LONGEST_LAB_FILE = 8 * 1024 * 1024;

async function runOutcome(result: RunResult, context: CommandContext, style: Style): Promise<Outcome> {
  const { cwd, labFile } = context;
  const source = (await readOrdinary(labFile, LONGEST_LAB_FILE).catch(() => undefined))?.toString();
  const text = { style, cwd, file: shownPath(context), source };
  const { firstFailure, runs } = result;
  const forJob = runForJob({
    passed: result.result === 'passed',
    failed: firstFailure?.play,
    folder: (firstFailure ?? runs.at(-1))?.folder,
    cwd,
    labFile,
    verdict: verdictOf(result, plain),
    why: whyOf(result, text),
  });
  return outcome(result, formatRun(result, text), exitCodeOfRun(result), forJob);
}

/** A step that fails is 1; a lab that breaks under the scenario is what broke it. */
function exitCodeOfRun({ result, firstFailure }: RunResult): number {
  if (result === 'passed') return ExitCode.done;
  const error = firstFailure?.play.error;
  return result !== 'failed' && error instanceof LabError ? error.exitCode : ExitCode.checkFailed;
}

export interface RunTextOptions {
  readonly style: Style;
  readonly cwd: string;
  /** How the lab file is named to the user, and its text. */
  readonly file: string;
  readonly source: string | undefined;
}

/** The verdict, why the first failed play failed, and where all is stored. */
export function formatRun(result: RunResult, options: RunTextOptions): string {
  const { style, cwd } = options;
  const { firstFailure, runs } = result;
  const why = whyOf(result, options);
  const stored = firstFailure ?? runs.at(-1);
  const where =
    stored === undefined
      ? ''
      : stored.incomplete
        ? say`What could be stored of it is in ${relative(cwd, stored.folder)}\n`
        : say`Stored in ${relative(cwd, stored.folder)}\n`;
  return `${why === '' ? '' : `${why}\n`}${verdictOf(result, style)}${where}`;
}

function whyOf({ firstFailure }: RunResult, { file, source }: RunTextOptions): string {
  return firstFailure === undefined ? '' : renderFailure(firstFailure.play, { file, source });
}

function verdictOf(result: RunResult, style: Style): string {
  return result.times > 1 ? rate(result, style) : verdict(result, style);
}

function verdict({ scenario, result, runs, firstFailure }: RunResult, style: Style): string {
  const word = {
    passed: style('green', say`passed`),
    failed: style('red', say`failed`),
    broken: style('red', say`broke off`),
    interrupted: style('yellow', say`was interrupted`),
  }[result];
  const duration = sayDuration(runs.at(-1)?.durationMs ?? 0);
  const name = style('bold', scenario);
  if (firstFailure === undefined) return say`Scenario ${name} ${word} after ${duration}.\n`;
  return say`Scenario ${name} ${word} after ${duration}: ${stepsText(firstFailure.play.steps)}.\n`;
}

/** `3 of 9 steps passed, 5 were not reached`. */
function stepsText({ all, passed, notReached }: StepCounts): string {
  const steps = counted(all, 'step');
  if (notReached === 0) return say`${passed} of ${steps} passed`;
  return notReached === 1
    ? say`${passed} of ${steps} passed, ${notReached} was not reached`
    : say`${passed} of ${steps} passed, ${notReached} were not reached`;
}

function rate(result: RunResult, style: Style): string {
  const { scenario, passed, failed, runs, times, passRate, firstFailure } = result;
  const ended = passed + failed;
  const first =
    firstFailure === undefined
      ? ''
      : say`The first failure was number ${runs.findIndex(({ run }) => run === firstFailure.run) + 1}.\n`;
  const colour = failed === 0 ? 'green' : 'red';
  const share = style(colour, say`passed ${passed} of ${ended} times`);
  const percent = sayNumber(Number((passRate * 100).toFixed(1)));
  const name = style('bold', scenario);
  const verdict =
    ended < times
      ? say`Scenario ${name} ${share} (${percent} %); ${times} were planned.\n`
      : say`Scenario ${name} ${share} (${percent} %).\n`;
  return `${verdict}${first}${timeWaits(result)}`;
}

/** Which failures are those of the play before. */
function timeWaits({ runs, timeWaits: ports = [] }: RunResult): string {
  // What the first play of a series finds was left before it, perhaps by another program.
  const isFromBefore = runs[0]?.timeWait !== undefined;
  const lines = ports.map(({ role, machine, port, failed }) => {
    return isFromBefore
      ? say`${failed} failed because port ${port} of ${machine} was still in TIME_WAIT from before: let ${role} set SO_REUSEADDR (setsockopt before bind) and wait a minute, or run with --fresh.\n`
      : say`${failed} failed because port ${port} of ${machine} was still in TIME_WAIT from the play before: ${role} does not set SO_REUSEADDR (setsockopt before bind), or run with --fresh.\n`;
  });
  return lines.join('');
}
