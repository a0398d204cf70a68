import { CheckError } from '../core/errors.ts';
import { inStep, type EventSink } from '../core/events.ts';
import { quoteCommand } from '../core/text/shell-quote.ts';
import type { Lab, Program } from '../lab/types.ts';

/** Lines of output that a failed build shows. */
const SHOWN_LINES = 40;

/**
 * Runs the `build` commands of programs on the host, in the lab's folder, one after the other; a command that several
 * programs share runs once.
 *
 * @throws {CheckError} when one fails, with the end of what it printed.
 */
export async function buildPrograms(
  lab: Lab,
  programs: readonly Program[],
  options: { readonly events: EventSink; readonly signal: AbortSignal },
): Promise<void> {
  const builds = new Map<string, { readonly command: readonly string[]; readonly names: string[] }>();
  for (const { name, build } of programs) {
    if (build === undefined) continue;
    const same = builds.get(JSON.stringify(build)) ?? { command: build, names: [] };
    same.names.push(name);
    builds.set(JSON.stringify(build), same);
  }
  for (const { command, names } of builds.values()) {
    await inStep(options.events, `build ${names.join(', ')}`, () => build(command, names, lab.folder, options.signal));
  }
}

async function build(
  command: readonly string[],
  names: readonly string[],
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  // Here and not above: it takes 100 ms to load, and few labs build anything.
  const { runLocal } = await import('../host/run-local.ts');
  const result = await runLocal(command, { cwd: folder, signal });
  if (result.exitCode === 0) return;
  const ended =
    result.exitCode === undefined ? `was ended by ${result.signal}` : `ended with status ${result.exitCode}`;
  throw new CheckError(`the build of ${names.join(', ')} failed: ${quoteCommand(command)} ${ended}`, {
    code: 'build-failed',
    detail: lastLines(`${result.stdout}${result.stderr}`),
    hint: `Run it by hand in ${folder}, and correct what it complains about.`,
  });
}

function lastLines(output: string): string {
  const lines = output.trimEnd().split('\n');
  return [
    ...(lines.length > SHOWN_LINES ? [`… ${lines.length - SHOWN_LINES} lines before`] : []),
    ...lines.slice(-SHOWN_LINES),
  ].join('\n');
}
