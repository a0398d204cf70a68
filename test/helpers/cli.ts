import { spawn, type ChildProcess } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { finish, repository, type Finished } from './lab-command.ts';

/** The command line as users have it: compiled, which also starts in a third of the time. */
export const mainFile = join(repository, 'dist/cli/main.js');
// What `npm test` has just compiled need not be looked at by each file.
if (process.env['LAB_TEST_BUILT'] === undefined) requireFreshBuild();

export interface CliOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input; without, it is closed. */
  readonly input?: string;
}

/** Starts `lab` as a process of its own. */
export function startCli(args: readonly string[], { cwd, env = {}, input }: CliOptions): ChildProcess {
  const child = spawn(process.execPath, [mainFile, ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: '', FORCE_COLOR: '', GITHUB_ACTIONS: '', ...env },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  child.stdin?.end(input);
  return child;
}

/** Runs `lab` to its end. */
export function runCli(args: readonly string[], options: CliOptions): Promise<Finished> {
  return finish(startCli(args, options));
}

/** A folder that is gone at the end of the test, with these files in it. */
export function temporaryFolder(files: Readonly<Record<string, string>> = {}): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'lab-cli-'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), content);
  }
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** A small lab without fault, whose programs need no build. */
export const smallLab = `version: 1
name: small
networks: { natnet: 192.168.100.0/24 }
machines:
  vm1: { user: ildvm1, address: 192.168.100.4 }
  vm2: { user: ildvm2, address: 192.168.100.5 }
programs:
  asker: { on: vm1, command: [sh, -c, 'printf "name? "; read -r name; echo "hello <$name>"'], prompt: "name? " }
scenarios:
  greeting:
    - start: asker
    - send: { asker: Ada }
    - expect: { asker: "hello <Ada>" }
    - exit: { asker: 0 }
  wrong:
    - start: asker
    - send: { asker: Ada }
    - expect: { asker: "hello <Bob>" }
      timeout: 1s
`;

/** Else a test would judge the command line of yesterday. */
function requireFreshBuild(): void {
  const built = statSync(join(repository, 'dist/built'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const newer = globSync('src/**/*.{ts,pl,py,sh}', { cwd: repository }).find(
    (path) => (statSync(join(repository, path), { throwIfNoEntry: false })?.mtimeMs ?? 0) >= built,
  );
  if (newer !== undefined) throw new Error(`${newer} is newer than what is compiled: npm run build`);
}
