import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { PlayerFiles } from '../report/html/player-assets.ts';

/**
 * The player of asciinema as its package brings it: one script without imports, and its style. Found as any import
 * would be, from the source and from the build.
 */
export async function readPlayer(): Promise<PlayerFiles> {
  const [script, style] = await Promise.all(
    ['asciinema-player.min.js', 'asciinema-player.css'].map((name) =>
      readFile(fileURLToPath(import.meta.resolve(`asciinema-player/dist/bundle/${name}`)), 'utf8'),
    ),
  );
  return { script: script!, style: style! };
}
