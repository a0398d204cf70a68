import { SILENCE_MS } from '../channel/channel-session.ts';
import { collectMessage, getCommand, getFailure, watched } from '../channel/get-file.ts';
import { defaultPatience } from '../patience.ts';
import type { GetOptions } from '../shell.ts';
import type { Entry } from './entry.ts';

type Enter = (words: readonly string[], signal: AbortSignal | undefined) => Promise<{ readonly entry: Entry }>;

/** Reads a file. See `Shell.get`. */
export async function* getEntered(
  enter: Enter,
  path: string,
  options: GetOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { script, args } = getCommand(path, options);
  const { entry } = await enter(['/bin/sh', '-c', script, 'sh', ...args], options.signal);
  entry.endInput();
  entry.whenSilent(SILENCE_MS).catch(() => undefined);
  try {
    const message = collectMessage(entry.read('stderr'));
    yield* watched(entry.read('stdout'), { machine: entry.machine, stallMs: defaultPatience.stallMs }, options);
    const { exitCode } = await entry.exit;
    if (exitCode !== 0) throw getFailure(entry.machine, path, await message);
  } finally {
    await entry.end();
  }
}
