import { LabError } from '../../core/errors.ts';
import type { Advice } from '../../core/step-problem.ts';
import { scriptFile } from '../../core/files/script-file.ts';
import { normalize } from 'node:path/posix';
import { flow } from '../../lab/yaml/flow.ts';
import type { Command } from '../../ssh/shell.ts';
import type { PlayContext } from '../playing/play-context.ts';
import type { StageProgram } from '../playing/stage-program.ts';

const runInFolder = scriptFile(new URL('run-in-folder.sh', import.meta.url));
const existingFiles = scriptFile(new URL('existing-files.sh', import.meta.url));
const LOOK_TIMEOUT_MS = 5000;
/** In the words of GNU tools, BusyBox, Python and Node. */
const NOT_THERE = /No such file|not found|cannot (?:access|open|stat)|can't (?:access|open|stat)|ENOENT/i;

/** A command as it runs in the folder of a program, with the program's environment. */
export function commandInFolder(
  command: readonly string[],
  { folder, env }: Pick<StageProgram, 'folder' | 'env'>,
): Command {
  const variables = [...env].map(([name, value]) => `${name}=${value}`);
  const words = variables.length === 0 ? command : ['env', ...variables, ...command];
  return { script: runInFolder(), args: [folder, ...words] };
}

/** A command that ran in the home folder of a machine's user, and what it printed. */
interface HomeCommand {
  readonly on: string;
  readonly command: readonly string[];
  readonly printed: string;
}

/**
 * What to write where a command did not find a file that lies in the folder of a program: the home folder, in which
 * commands run, is not the one in which programs do. Undefined when that is not the reason.
 */
export async function wrongFolderHint(
  { on, command, printed }: HomeCommand,
  play: PlayContext,
): Promise<Advice | undefined> {
  if (!NOT_THERE.test(printed)) return undefined;
  const { lab, programs } = play.stage;
  const words = command.slice(1).filter((word) => !word.startsWith('/') && !word.startsWith('-') && word !== '');
  const places = [...programs]
    .filter(([name]) => lab.programs.get(name)?.on === on)
    .flatMap(([program, { folder }]) => words.map((file) => ({ program, file, path: normalize(`${folder}/${file}`) })));
  if (places.length === 0) return undefined;
  const options = { signal: play.signal, timeoutMs: LOOK_TIMEOUT_MS, endsByItself: true };
  const answer = await play
    .shell(on)
    .exec({ script: existingFiles(), args: places.map(({ path }) => path) }, options)
    .catch(withoutAnswer);
  const found = places[Number.parseInt(answer?.stdout ?? '', 10) - 1];
  if (found === undefined) return undefined;
  const { program, file } = found;
  return { kind: 'program-folder', program, file, step: `run: ${flow({ program, command })}` };
}

/** A machine that does not answer gives no advice; the failure itself stands. */
export function withoutAnswer(error: unknown): undefined {
  if (!(error instanceof LabError) && !(error instanceof DOMException)) throw error;
}
