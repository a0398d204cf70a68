import { createHash } from 'node:crypto';
import { CheckError } from '../../core/errors.ts';
import { inStep, type EventSink } from '../../core/events.ts';
import { scriptFile } from '../../core/files/script-file.ts';
import { quoteCommand } from '../../core/text/shell-quote.ts';
import { say } from '../../core/language/say.ts';
import type { Program } from '../../lab/types.ts';
import type { Shell } from '../../ssh/shell.ts';
import { buildFailure, buildSaid, tellBuild } from './build-words.ts';
import { manifestLines } from '../manifest.ts';
import type { ProgramEntry } from '../program-files.ts';

const buildScript = scriptFile(new URL('build-on-machine.sh', import.meta.url));
const noteScript = scriptFile(new URL('note-build.sh', import.meta.url));

/** A build that takes longer hangs, or waits for a line that nobody types. */
const BUILD_TIMEOUT_MS = 30 * 60_000;
const NOTE_TIMEOUT_MS = 60_000;
/** POSIX, Shell Command Language, 2.8.2: the command was not found. */
const NOT_FOUND = 127;

/** A program to be built where it runs; its files are in place. */
export interface MachineBuild {
  readonly program: Program;
  /** `<lab>/<program>`. */
  readonly id: string;
  /** What stands for its files and its command: the same as last time when nothing changed. */
  readonly stamp: string;
  /** Folder to put first in PATH; undefined when there is none. */
  readonly searchFolder: string | undefined;
}

/** What stands for what a build reads; a change of it asks for a new build. */
export function buildStamp({ build = [] }: Program, entries: readonly ProgramEntry[]): string {
  return createHash('sha256')
    .update(JSON.stringify([build, manifestLines(entries)]))
    .digest('hex');
}

/**
 * Runs the `build` of a program on its machine, as its user, in its folder. What it makes stays there.
 *
 * @returns what it said besides, warnings mostly; undefined when it said nothing.
 * @throws {CheckError} `build-failed`, with the end of what it printed.
 * @throws {TimeoutError} after half an hour.
 */
export async function buildOnMachine(
  shell: Shell,
  { program, id, stamp, searchFolder }: MachineBuild,
  { events, signal }: { readonly events: EventSink; readonly signal: AbortSignal },
): Promise<string | undefined> {
  const { name, build = [] } = program;
  const { machine } = shell;
  const said = await inStep(events, say`build ${name} on ${machine}`, async () => {
    const args = [id, searchFolder ?? '', ...build];
    const result = await shell.exec({ script: buildScript(), args }, { signal, timeoutMs: BUILD_TIMEOUT_MS });
    if (result.exitCode !== 0) {
      const byHand = `lab exec ${machine} -- sh -c ${quoteCommand([`cd lab/${id} && ${quoteCommand(build)}`])}`;
      const hint =
        result.exitCode === NOT_FOUND
          ? say`Status ${NOT_FOUND} mostly means that a command is not there. Look: lab exec ${machine} -- which ${build[0] ?? ''}; install it, or build on this host: build: [${build.join(', ')}]`
          : say`Correct what it complains about. By hand: ${byHand}`;
      throw buildFailure({ names: [name], command: build, machine, hint, result });
    }
    const words = buildSaid(result.stderr);
    await note(shell, { id, stamp, words: words === undefined ? '' : `${words}\n` }, signal);
    return words;
  });
  await tellBuild([name], said, events);
  return said;
}

/** Without this note it is built again next time. */
async function note(
  shell: Shell,
  { id, stamp, words }: { readonly id: string; readonly stamp: string; readonly words: string },
  signal: AbortSignal,
): Promise<void> {
  const result = await shell.exec(
    { script: noteScript(), args: [id, stamp] },
    { input: words, signal, timeoutMs: NOTE_TIMEOUT_MS, endsByItself: true },
  );
  if (result.exitCode === 0) return;
  throw new CheckError(say`${shell.machine}: the build of ${id} cannot be noted in ~/.lab`, {
    code: 'build-failed',
    detail: result.stderr.trim(),
    hint: say`Look at it: lab ssh ${shell.machine} ls -la .lab/deployed/${id}`,
  });
}
