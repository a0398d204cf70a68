import { ExitCode, InterruptedError, LabError, messageOf } from '../../core/errors.ts';
import { say } from '../../core/language/say.ts';
import { sanitize } from '../../core/text/sanitize.ts';
import { explainSystemError } from '../../host/system-error.ts';
import type { Problem } from '../../lab/problem.ts';
import { annotationsOf, type Annotation } from '../job/annotation.ts';
import type { Style } from './style.ts';

/** An error as it leaves the program. */
export interface Failure {
  /** For stderr. */
  readonly text: string;
  /** For stdout with `--json`. */
  readonly document: object;
  readonly exitCode: number;
  /** For the service of a job. */
  readonly annotations: readonly Annotation[];
}

interface Told {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  readonly detail: string | undefined;
  readonly exitCode: number;
}

/** Words for an error: what, what was seen, the next step; with `verbose` also where it came from. */
export function describeFailure(
  error: unknown,
  options: { readonly style: Style; readonly verbose: boolean },
): Failure {
  const told = tell(error instanceof LabError ? error : (explainSystemError(error) ?? error));
  const { exitCode, ...parts } = told;
  const more = error instanceof LabError && error.data !== undefined ? error.data : {};
  return {
    exitCode,
    document: { error: { ...parts, exitCode, ...more } },
    text: failureText(told, error, options),
    annotations: annotationsFor(told, error),
  };
}

function tell(error: unknown): Told {
  if (error instanceof LabError)
    return {
      code: error.code,
      message: error.message,
      hint: error.hint,
      detail: error.detail,
      exitCode: error.exitCode,
    };
  return {
    code: 'bug',
    message: say`this is a fault of lab itself: ${messageOf(error)}`,
    hint: say`Please report it, with what the same command prints with -v. "lab down" removes what may be left.`,
    detail: undefined,
    exitCode: ExitCode.bug,
  };
}

function failureText(
  told: Told,
  error: unknown,
  { style, verbose }: { readonly style: Style; readonly verbose: boolean },
): string {
  // The signal handler has printed a line already.
  if (error instanceof InterruptedError) return '';
  // Messages may quote what a machine said, and that must not drive the user's terminal.
  const lines = [`${style('red', say`error:`)} ${sanitize(told.message)}`];
  if (told.detail !== undefined) lines.push(sanitize(told.detail.trimEnd()));
  if (told.hint !== undefined) lines.push(`${style('cyan', say`hint:`)} ${sanitize(told.hint)}`);
  if (verbose) lines.push(style('dim', sanitize(stackOf(error))));
  return `${lines.join('\n')}\n`;
}

/** Each problem of a lab file at its place; anything else in one. */
function annotationsFor({ code, message, hint }: Told, error: unknown): readonly Annotation[] {
  if (error instanceof InterruptedError) return [];
  const { file, problems } = (error instanceof LabError ? error.data : undefined) ?? {};
  if (typeof file === 'string' && Array.isArray(problems)) return annotationsOf(file, problems as readonly Problem[]);
  return [{ title: `lab: ${code}`, message: hint === undefined ? message : `${message}\n${hint}` }];
}

/** The stack of the error and of its causes. */
function stackOf(error: unknown): string {
  const stacks: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) stacks.push(cause.stack ?? cause.message);
  return stacks.join(say`\ncaused by `);
}
