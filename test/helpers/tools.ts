import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findOnHost } from '../../src/host/tools.ts';

const listed: ReadonlyMap<string, string> = new Map(
  readFileSync(join(import.meta.dirname, '../../scripts/test-tools'), 'utf8')
    .split('\n')
    .filter((line) => /^[^#\s]/.test(line))
    .map((line) => line.split(' ') as [string, string]),
);

/**
 * Why a test that needs this tool has to be skipped; false when the tool is there.
 *
 * @throws when "npm test" would not get it, or says that it did: then a test that is left out is a failure.
 */
export function without(tool: string, find = findOnHost): string | false {
  const packages = listed.get(tool);
  if (packages === undefined) throw new Error(`${tool} is not in scripts/test-tools, so "npm test" would never get it`);
  const found = find(tool);
  if (found !== undefined)
    return isStub(tool, found) ? `THE ${tool} OF THIS HOST DOES NOT RUN: rustup has no toolchain in this HOME` : false;
  if (process.env['LAB_TEST_FETCHED']?.split(' ').includes(tool))
    throw new Error(`"npm test" got ${tool}, and it is not on PATH`);
  const byHand = packages.startsWith('npm') ? '' : `; by hand: apt-get install ${packages.replaceAll(',', ' ')}`;
  return `THIS HOST HAS NO ${tool} ("npm test" gets it where it can${byHand})`;
}

/** The programs of rustup are links that look for a toolchain in the home folder, where there may be none. */
function isStub(tool: string, path: string): boolean {
  return tool === 'rustc' && spawnSync(path, ['--version']).status !== 0;
}
