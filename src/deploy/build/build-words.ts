import { CheckError } from '../../core/errors.ts';
import type { EventBody, EventSink } from '../../core/events.ts';
import { quoteCommand } from '../../core/text/shell-quote.ts';
import { say } from '../../core/language/say.ts';

/** Lines of output that a failed build shows. */
const SHOWN_LINES = 40;
/** Characters of warnings that are shown and kept. */
const MOST_SAID = 8000;
/** What compilers call a warning, in the languages that they speak here. */
const WARNING = /\b(?:warning|attention|avertissement|deprecat|dangerous)/i;

/** How a build ended and what it printed. */
export interface BuildResult {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A build that did not succeed. */
export interface FailedBuild {
  /** Of the programs that it makes. */
  readonly names: readonly string[];
  readonly command: readonly string[];
  /** Where it ran; undefined: on this host. */
  readonly machine?: string | undefined;
  readonly hint: string;
  readonly result: BuildResult;
}

/** The error for it, with the end of what it printed. */
export function buildFailure({ names, command, machine, hint, result }: FailedBuild): CheckError {
  const { exitCode, signal, stdout, stderr } = result;
  const line = quoteCommand(command);
  const ended =
    exitCode === undefined ? say`${line} was ended by ${signal ?? ''}` : say`${line} ended with status ${exitCode}`;
  const what = names.join(', ');
  const message =
    machine === undefined
      ? say`the build of ${what} failed: ${ended}`
      : say`the build of ${what} on ${machine} failed: ${ended}`;
  return new CheckError(message, { code: 'build-failed', detail: lastLines(`${stdout}${stderr}`), hint });
}

/** What a build that succeeded said on standard error, where compilers warn; undefined when that is nothing. */
export function buildSaid(errors: string): string | undefined {
  const text = errors.trim();
  if (text === '') return undefined;
  return text.length <= MOST_SAID
    ? text
    : say`${text.slice(0, MOST_SAID)}\n… ${text.length - MOST_SAID} characters more`;
}

/** The remark about a build that succeeded and said something. */
export function buildNotice(names: readonly string[], said: string): Extract<EventBody, { kind: 'notice' }> {
  const isWarning = WARNING.test(said);
  return {
    kind: 'notice',
    level: isWarning ? 'warning' : 'info',
    message: say`the build of ${names.join(', ')} succeeded, and said:\n${said}`,
    ...(isWarning && {
      hint: say`A warning of a compiler often shows a mistake: read it before you look for one elsewhere.`,
    }),
  };
}

/** Reports what a build that succeeded said, if it said something. */
export async function tellBuild(names: readonly string[], said: string | undefined, events: EventSink): Promise<void> {
  if (said !== undefined) await events.emit(buildNotice(names, said));
}

function lastLines(output: string): string {
  const lines = output.trimEnd().split('\n');
  return [
    ...(lines.length > SHOWN_LINES ? [say`… ${lines.length - SHOWN_LINES} lines before`] : []),
    ...lines.slice(-SHOWN_LINES),
  ].join('\n');
}
