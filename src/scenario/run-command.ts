import { awakeNow } from '../core/time/awake-clock.ts';
import { formatDuration, TimeLimit } from '../core/time/retry.ts';
import { quoteCommand } from '../core/text/shell-quote.ts';
import type { ExecResult } from '../ssh/shell.ts';
import { expectedEndText, isEnd, statusText } from './exit-words.ts';
import { StepFailure } from './step-failure.ts';
import { findPattern, patternText } from '../lab/pattern.ts';
import type { Deadline, PlayContext } from './play-context.ts';
import type { ScenarioCommand } from './steps.ts';

/**
 * Runs a one-shot command and checks how it ended and what it printed.
 *
 * @throws {StepFailure} when that is not what the scenario wants, or the deadline passes.
 */
export async function runCommand(
  { on, command, status, output }: ScenarioCommand,
  deadline: Deadline,
  play: PlayContext,
): Promise<void> {
  const line = quoteCommand(command);
  const expected = `"${line}" on ${on} to end with ${expectedEndText(status)}`;
  using limit = new TimeLimit(Math.max(1, Math.ceil(deadline.at - awakeNow())));
  const result = await play
    .shell(on)
    .exec(command, { signal: AbortSignal.any([limit.signal, play.signal]) })
    .catch((error: unknown) => {
      if (limit.signal.aborted && !play.signal.aborted)
        throw new StepFailure(expected, `it did not end within ${formatDuration(deadline.timeoutMs)}`);
      throw error;
    });
  const printed = result.stdout + result.stderr;
  await play.stage.events.emit({
    kind: 'command-finished',
    machine: on,
    command: line,
    exitCode: result.exitCode,
    output: printed,
  });
  checkCommand(result, printed, { line, expected, on, command, status, output });
}

function checkCommand(
  result: ExecResult,
  printed: string,
  wanted: ScenarioCommand & { line: string; expected: string },
): void {
  const seen = printed.trim() === '' ? 'it printed nothing' : `it printed: ${lastLines(printed)}`;
  if (!isEnd(result, wanted.status))
    throw new StepFailure(wanted.expected, `it ended with ${statusText(result)}; ${seen}`);
  if (wanted.output && !findPattern(wanted.output, printed, 0)) {
    throw new StepFailure(`${patternText(wanted.output)} in what "${wanted.line}" on ${wanted.on} prints`, seen);
  }
}

/** The end of what a command printed, short enough for a message. */
function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-5).join('\n').slice(-500);
}
