import './speak.ts';
import { join, resolve } from 'node:path';
import { EnvironmentError, ExitCode, LabError } from '../core/errors.ts';
import { say } from '../core/language/say.ts';
import type { CommandContext } from '../session/context.ts';
import { findLabFile, LAB_FILE_NAME, requireLab, type ForeignLabFile } from '../session/lab-file/find-lab-file.ts';
import { allProviders } from '../providers/registry.ts';
import { OutputFailedError } from '../host/files/output.ts';
import { requireTextPath } from '../host/files/text-path.ts';
import { describeUser } from '../host/other-users.ts';
import { parseCommandLine, type CommandLine } from './command/command-line.ts';
import type { BoundCommand, CliCommand } from './command/define-command.ts';
import type { GlobalValues } from './command/global-options.ts';
import { commands } from './commands/index.ts';
import { openDisplay, type Display } from './show/display.ts';
import { describeFailure, type Failure } from './show/show-failure.ts';
import { annotate, guardJobLog } from './job/job-log.ts';
import { addToSummary } from './job/job-summary.ts';
import { outcome, renderDocument, type Outcome } from './outcome.ts';
import { causeOf, keepFolderOfCaller } from './ownership.ts';
import type { Loudness } from './show/progress.ts';
import { endInterrupted, interruption, stopWith } from './signals.ts';
import { harmlessResult, styleFor } from './show/style.ts';
import { flushOutput, isClosedOutput, userTerminal, watchStreams } from './user-terminal.ts';

/** Runs one command line and ends the process with its exit code. */
export async function runCli(argv: readonly string[], version: string): Promise<never> {
  guardJobLog();
  const controller = new AbortController();
  const signal = interruption(controller);
  watchStreams((reason) => stopWith(controller, reason));
  const width = process.stdout.isTTY ? process.stdout.columns : undefined;
  const line = parseCommandLine(argv, { commands, version, width });
  // Without this, Node prints its own words and a piece of our source.
  process.on('uncaughtException', (error) => process.exit(tell(error, line.global).exitCode));
  const exitCode = await runCommandLine(line, signal);
  await flushOutput();
  if (signal.reason instanceof OutputFailedError) tell(signal.reason, line.global);
  // A command that ends in good order after ^C was still interrupted.
  if (signal.aborted && signal.reason instanceof LabError) await endInterrupted(signal.reason);
  process.exit(exitCode);
}

async function runCommandLine({ asked, global }: CommandLine, signal: AbortSignal): Promise<number> {
  const { stdout, stderr } = process;
  const takesScreen = 'bound' in asked && asked.bound.takesScreen;
  const { color, json } = global;
  const display = openDisplay({ stdout, stderr, loudness: loudnessOf(global), color, json: json || takesScreen });
  try {
    if ('fault' in asked) throw asked.fault;
    if ('show' in asked) return print(outcome({ text: asked.show.trimEnd() }, asked.show), global, display);
    if ('topic' in asked) {
      const { showTopic } = await import('./help/show-topic.ts');
      return print(await showTopic(asked.topic, global), global, display);
    }
    const context = contextOf(asked.command, { global, display, signal });
    if (asked.command.needsLab === true) requireLab(context.labFile);
    return print(await act(asked.bound, context, global), global, display);
  } catch (error) {
    display.close();
    const cause: unknown = signal.aborted ? signal.reason : error;
    // A fault of our output is reported once, at the end.
    return isClosedOutput(error) || cause instanceof OutputFailedError
      ? ExitCode.done
      : tellFailure(cause, global, display);
  }
}

interface Surroundings {
  readonly global: GlobalValues;
  readonly display: Display;
  readonly signal: AbortSignal;
}

function contextOf(command: CliCommand, { global, display, signal }: Surroundings): CommandContext {
  const { provider, name } = global;
  const cwd = workingFolder();
  return {
    cwd,
    labFile: labFileFor(command, cwd, { global, display, signal }),
    overrides: { ...(provider === undefined ? {} : { provider }), ...(name === undefined ? {} : { name }) },
    providers: allProviders,
    events: display.events,
    signal,
    terminal: userTerminal(signal, display.hush),
  };
}

function labFileFor({ labFileHere }: CliCommand, cwd: string, { global: { file }, display }: Surroundings): string {
  if (file !== undefined) return resolve(cwd, file);
  return labFileHere ? join(cwd, LAB_FILE_NAME) : findLabFile(cwd, (foreign) => tellForeign(foreign, display.events));
}

async function act(bound: BoundCommand, context: CommandContext, global: GlobalValues): Promise<Outcome> {
  requireTextPath(context.labFile);
  keepFolderOfCaller(context.labFile);
  try {
    return await bound.run({ context, global, commands, style: styleFor(process.stdout, global.color) });
  } catch (error) {
    throw causeOf(error, context.labFile);
  }
}

function tellForeign({ path, owner }: ForeignLabFile, events: Display['events']): void {
  void events.emit({
    kind: 'notice',
    level: 'warning',
    message: say`${path} is left out: it belongs to ${describeUser(owner)}`,
    hint: say`If it is the one that you mean: lab -f ${path} …`,
  });
}

/** @throws {EnvironmentError} when it was removed while the shell stood there (getcwd(3)). */
function workingFolder(): string {
  try {
    return process.cwd();
  } catch (cause) {
    throw new EnvironmentError(say`the folder that this shell stands in was removed`, {
      code: 'folder-gone',
      hint: say`Go to one that is there, for example: cd ~`,
      cause,
    });
  }
}

function print({ document, text, exitCode, forJob }: Outcome, { json }: GlobalValues, display: Display): number {
  display.close();
  if (forJob !== undefined) tellJob(forJob);
  const { stdout } = process;
  stdout.write(
    json ? renderDocument({ ...document, ...display.collected() }) : stdout.isTTY ? harmlessResult(text) : text,
  );
  return exitCode;
}

function tellJob({ annotations, summary }: NonNullable<Outcome['forJob']>): void {
  annotate(annotations);
  const fault = summary === undefined ? undefined : addToSummary(summary);
  if (fault !== undefined) process.stderr.write(`lab: ${fault}\n`);
}

function tellFailure(error: unknown, global: GlobalValues, display: Display): number {
  const failure = tell(error, global);
  if (global.json) process.stdout.write(renderDocument({ ...failure.document, ...display.collected() }));
  return failure.exitCode;
}

function tell(error: unknown, global: GlobalValues): Failure {
  const { color, verbose } = global;
  const failure = describeFailure(error, { style: styleFor(process.stderr, color), verbose });
  process.stderr.write(failure.text);
  annotate(failure.annotations);
  return failure;
}

function loudnessOf({ quiet, verbose }: GlobalValues): Loudness {
  return verbose ? 'verbose' : quiet ? 'quiet' : 'normal';
}
