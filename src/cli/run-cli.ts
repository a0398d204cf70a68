import { resolve } from 'node:path';
import { ExitCode, LabError } from '../core/errors.ts';
import type { CommandContext } from '../commands/context.ts';
import { findLabFile } from '../commands/lab-file.ts';
import { actions } from './actions.ts';
import { splitArguments } from './arguments.ts';
import { parseCommandLine, type Invocation } from './command-line.ts';
import { eventSinkFor } from './event-sink.ts';
import { describeFailure } from './failure.ts';
import { renderDocument } from './outcome.ts';
import { interruption } from './signals.ts';
import { styleFor } from './style.ts';
import { flushOutput, isClosedOutput, tolerateClosedPipes, userTerminal } from './terminal.ts';

/** How to say things; known even when the command line is not understood. */
interface Manner {
  readonly json: boolean;
  readonly verbose: boolean;
  readonly color: boolean;
}

/** Runs one command line and ends the process with its exit code. */
export async function runCli(argv: readonly string[], version: string): Promise<never> {
  tolerateClosedPipes();
  const signal = interruption();
  const manner = mannerOf(argv);
  const exitCode = await runCommandLine(argv, version, manner, signal).catch((error: unknown) => {
    if (isClosedOutput(error)) return ExitCode.done;
    return tellFailure(signal.aborted ? signal.reason : error, manner);
  });
  await flushOutput();
  // A command that ends in good order after ^C was still interrupted.
  process.exit(signal.aborted && signal.reason instanceof LabError ? signal.reason.exitCode : exitCode);
}

async function runCommandLine(argv: readonly string[], version: string, manner: Manner, signal: AbortSignal): Promise<number> {
  const parsed = parseCommandLine(argv, version);
  if ('show' in parsed) {
    process.stdout.write(manner.json ? renderDocument({ text: parsed.show.trimEnd() }) : parsed.show);
    return ExitCode.done;
  }
  const { invocation } = parsed;
  const context = await contextFor(invocation, signal);
  const act = actions[invocation.command]!;
  const { document, text, exitCode } = await act({ ...invocation, context, style: styleFor(process.stdout, manner.color) });
  process.stdout.write(manner.json ? renderDocument(document) : text);
  return exitCode;
}

async function contextFor({ command, global }: Invocation, signal: AbortSignal): Promise<CommandContext> {
  const { file, provider, name } = global;
  const cwd = process.cwd();
  return {
    cwd,
    labFile: file === undefined ? findLabFile(cwd, command) : resolve(cwd, file),
    overrides: { ...(provider === undefined ? {} : { provider }), ...(name === undefined ? {} : { name }) },
    events: await eventSinkFor(command, global),
    signal,
    terminal: userTerminal(signal),
  };
}

function tellFailure(error: unknown, { json, verbose, color }: Manner): number {
  const failure = describeFailure(error, { style: styleFor(process.stderr, color), verbose });
  process.stderr.write(failure.text);
  if (json) process.stdout.write(renderDocument(failure.document));
  return failure.exitCode;
}

function mannerOf(argv: readonly string[]): Manner {
  const { words } = splitArguments(argv);
  return { json: words.includes('--json'), verbose: words.includes('-v') || words.includes('--verbose'), color: !words.includes('--no-color') };
}
