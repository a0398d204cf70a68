import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { PlayerFiles } from '../report/html/player-assets.ts';

/**
 * The player of asciinema as its package brings it: one script without imports, and its style. The build puts them
 * next to the compiled command line, for an installed lab has no packages beside it.
 */
export async function readPlayer(): Promise<PlayerFiles> {
  const [script, style] = await Promise.all(
    ['asciinema-player.min.js', 'asciinema-player.css'].map((name) => readFile(placeOf(name), 'utf8')),
  );
  return { script: script!, style: style! };
}

function placeOf(name: string): string {
  return import.meta.url.endsWith('.ts')
    ? createRequire(import.meta.url).resolve(`asciinema-player/dist/bundle/${name}`)
    : fileURLToPath(new URL(name, import.meta.url));
}
