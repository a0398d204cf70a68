import { resolve } from 'node:path';
import { EnvironmentError, ExitCode, LabError } from '../core/errors.ts';
import type { CommandContext } from '../session/context.ts';
import { findLabFile, type ForeignLabFile } from '../session/lab-file.ts';
import { allProviders } from '../providers/registry.ts';
import { OutputFaultError } from '../state/files/output.ts';
import { requireTextPath } from '../host/files/text-path.ts';
import { describeUser } from '../host/other-users.ts';
import { actions } from './actions.ts';
import { splitArguments } from './arguments.ts';
import { parseCommandLine, type Invocation } from './command-line.ts';
import { openConsole, type Console } from './show/display.ts';
import { describeFailure, type Failure } from './show/show-failure.ts';
import { renderDocument, type Outcome } from './outcome.ts';
import { causeOf, keepFolderOfCaller } from './ownership.ts';
import type { Loudness } from './show/progress.ts';
import { endInterrupted, interruption, stopWith } from './signals.ts';
import { harmlessResult, styleFor } from './show/style.ts';
import { flushOutput, isClosedOutput, userTerminal, watchStreams } from './user-terminal.ts';

/** How to say things; known even when the command line is not understood. */
interface Manner {
  readonly json: boolean;
  readonly loudness: Loudness;
  readonly color: boolean;
  /** The screen belongs to the program whose operator the user is (`lab run --as`, `lab record`). */
  readonly isOperator: boolean;
}

/** Runs one command line and ends the process with its exit code. */
export async function runCli(argv: readonly string[], version: string): Promise<never> {
  const controller = new AbortController();
  const signal = interruption(controller);
  watchStreams((reason) => stopWith(controller, reason));
  const manner = mannerOf(argv);
  // Without this, Node prints its own words and a piece of our source.
  process.on('uncaughtException', (error) => process.exit(tell(error, manner).exitCode));
  const exitCode = await runCommandLine(argv, version, manner, signal);
  await flushOutput();
  if (signal.reason instanceof OutputFaultError) tell(signal.reason, manner);
  // A command that ends in good order after ^C was still interrupted.
  if (signal.aborted && signal.reason instanceof LabError) await endInterrupted(signal.reason);
  process.exit(exitCode);
}

async function runCommandLine(
  argv: readonly string[],
  version: string,
  manner: Manner,
  signal: AbortSignal,
): Promise<number> {
  const { stdout, stderr } = process;
  const { json, loudness, color, isOperator } = manner;
  const console = openConsole({ stdout, stderr, loudness, color, json: json || isOperator });
  try {
    const parsed = parseCommandLine(argv, version);
    if ('show' in parsed)
      return print(
        { document: { text: parsed.show.trimEnd() }, text: parsed.show, exitCode: ExitCode.done },
        manner,
        console,
      );
    return print(await act(parsed.invocation, console, manner, signal), manner, console);
  } catch (error) {
    console.close();
    const cause: unknown = signal.aborted ? signal.reason : error;
    // What is wrong with our output is told once, at the end.
    return isClosedOutput(error) || cause instanceof OutputFaultError
      ? ExitCode.done
      : tellFailure(cause, manner, console);
  }
}

async function act(
  invocation: Invocation,
  { events, hush }: Console,
  { color }: Manner,
  signal: AbortSignal,
): Promise<Outcome> {
  const { file, provider, name } = invocation.global;
  const cwd = workingFolder();
  const context: CommandContext = {
    cwd,
    labFile:
      file === undefined
        ? findLabFile(cwd, invocation.command, (foreign) => tellForeign(foreign, events))
        : resolve(cwd, file),
    overrides: { ...(provider === undefined ? {} : { provider }), ...(name === undefined ? {} : { name }) },
    providers: allProviders,
    events,
    signal,
    terminal: userTerminal(signal, hush),
    acceptNewHostKeys: invocation.options['acceptNewHostKeys'] === true,
    offline: invocation.options['offline'] === true,
  };
  requireTextPath(context.labFile);
  keepFolderOfCaller(context.labFile);
  try {
    return await actions[invocation.command]!({ ...invocation, context, style: styleFor(process.stdout, color) });
  } catch (error) {
    throw causeOf(error, context.labFile);
  }
}

function tellForeign({ path, owner }: ForeignLabFile, events: Console['events']): void {
  void events.emit({
    kind: 'notice',
    level: 'warning',
    message: `${path} is left out: it belongs to ${describeUser(owner)}`,
    hint: `If it is the one that you mean: lab -f ${path} …`,
  });
}

/** @throws {EnvironmentError} when somebody removed it while the shell stood there (getcwd(3)). */
function workingFolder(): string {
  try {
    return process.cwd();
  } catch (cause) {
    throw new EnvironmentError('the folder that this shell stands in was removed', {
      code: 'folder-gone',
      hint: 'Go to one that is there, for example: cd ~',
      cause,
    });
  }
}

function print({ document, text, exitCode }: Outcome, { json }: Manner, console: Console): number {
  console.close();
  const { stdout } = process;
  stdout.write(
    json ? renderDocument({ ...document, ...console.collected() }) : stdout.isTTY ? harmlessResult(text) : text,
  );
  return exitCode;
}

function tellFailure(error: unknown, manner: Manner, console: Console): number {
  const failure = tell(error, manner);
  if (manner.json) process.stdout.write(renderDocument({ ...failure.document, ...console.collected() }));
  return failure.exitCode;
}

function tell(error: unknown, { loudness, color }: Manner): Failure {
  const failure = describeFailure(error, { style: styleFor(process.stderr, color), verbose: loudness === 'verbose' });
  process.stderr.write(failure.text);
  return failure;
}

function mannerOf(argv: readonly string[]): Manner {
  const { words } = splitArguments(argv);
  const has = (...flags: string[]): boolean => flags.some((flag) => words.includes(flag));
  const loudness = has('-v', '--verbose') ? 'verbose' : has('-q', '--quiet') ? 'quiet' : 'normal';
  return {
    json: has('--json'),
    loudness,
    color: !has('--no-color'),
    isOperator: has('--as') || words.find((word) => !word.startsWith('-')) === 'record',
  };
}
