import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import packageJson from '../../package.json' with { type: 'json' };
import { completionScript } from '../../src/cli/completion/shell-scripts.ts';
import { dependenciesOf, licenceNotices, packagesIn } from './licences.ts';

/*
 * What an installed lab has as files, and a checkout makes or finds elsewhere.
 */

/** The player of recordings, which each report holds; its package brings it with what it depends on in one file. */
const PLAYER = 'node_modules/asciinema-player';
export const PLAYER_FILES = ['min.js', 'css'].map((end) => `${PLAYER}/dist/bundle/asciinema-player.${end}`);

/** Names by which the shells find them in their folders of completions. */
const COMPLETION_FILES: Readonly<Record<string, string>> = { bash: 'lab.bash', zsh: '_lab', fish: 'lab.fish' };

export function writeCompletions(folder: string): void {
  mkdirSync(folder);
  for (const [shell, file] of Object.entries(COMPLETION_FILES))
    writeFileSync(join(folder, file), completionScript(shell));
}

/** `sources`: all files that were compiled. */
export function writeLicences(file: string, root: string, sources: readonly string[]): void {
  const folders = [...packagesIn([...sources, ...PLAYER_FILES]), ...dependenciesOf(root, PLAYER)];
  writeFileSync(file, licenceNotices(root, folders));
}

/** Of package.json the product uses the version, and nothing else has to be in it. */
export const onlyVersion: Plugin = {
  name: 'only-version',
  setup: (plugins) =>
    plugins.onLoad({ filter: /\bpackage\.json$/ }, ({ path }) =>
      path === join(import.meta.dirname, '../../package.json')
        ? { loader: 'json', contents: JSON.stringify({ version: packageJson.version }) }
        : undefined,
    ),
};
