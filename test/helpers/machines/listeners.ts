import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { after, afterEach } from 'node:test';
import { LabError } from '../../../src/core/errors.ts';
import type { Shell } from '../../../src/ssh/shell.ts';
import { localShell } from '../ssh/local-shell.ts';
import { Running } from '../programs.ts';

export const fixture = join(import.meta.dirname, '../../fixtures/programs/listen.py');
export const python = '/usr/bin/python3';
export const nobody = 65_534;
export const { username } = userInfo();
export const onlyRoot = { skip: process.getuid?.() !== 0 && 'needs root to be two users' };
export const running: Running[] = [];
const folders: string[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((program) => program.stop()));
});
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

export async function hold(
  port: number,
  words: readonly string[] = [],
  options: { uid?: number } = {},
): Promise<Running> {
  const program = new Running([python, fixture, String(port), ...words], options);
  running.push(program);
  await program.shows('ready');
  return program;
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lab-ports-'));
  chmodSync(folder, 0o755);
  folders.push(folder);
  return folder;
}

/** A shell whose PATH holds only these commands of the host, so that others are missing. */
export function shellWithTools(tools: readonly string[]): Shell {
  const folder = temporaryFolder();
  for (const tool of tools) {
    const { stdout } = spawnSync('sh', ['-c', 'PATH=$PATH:/usr/sbin:/sbin command -v "$0"', tool], {
      encoding: 'utf8',
    });
    if (stdout.trim().startsWith('/')) symlinkSync(stdout.trim(), join(folder, tool));
  }
  return shellWithScript((script) => script.replace(/PATH=\$PATH\S*;/, `PATH=${folder};`));
}

/** A shell that changes scripts before it runs them, those that are arguments as well, to take away what this host has. */
export function shellWithScript(change: (script: string) => string): Shell {
  const shell = localShell();
  return {
    ...shell,
    exec: (command, options) =>
      shell.exec(
        'script' in command ? { script: change(command.script), args: command.args?.map(change) ?? [] } : command,
        options,
      ),
  };
}

export async function failure(promise: Promise<unknown>): Promise<LabError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof LabError, String(error));
  return error;
}

/** A `sudo` that asks for no password: root's, set-user-ID. Undefined where there is no compiler, or the folder forbids such programs. */
export function passwordlessSudo(): string | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const folder = temporaryFolder();
  const source =
    '#include <unistd.h>\nint main(int c, char **v) { if (setgid(0) || setuid(0)) return 1; execvp(v[2], v + 2); return 1; }\n';
  const sudo = join(folder, 'sudo');
  if (spawnSync('cc', ['-x', 'c', '-o', sudo, '-'], { input: source }).status !== 0) return undefined;
  chmodSync(sudo, 0o4755);
  const { stdout } = spawnSync(sudo, ['-n', 'id', '-u'], { encoding: 'utf8', uid: nobody, gid: nobody });
  return stdout.trim() === '0' ? folder : undefined;
}
