import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { buildSync } from 'esbuild';
import { retryUntil } from '../../src/core/time/retry.ts';
import { quoteCommand } from '../../src/core/text/shell-quote.ts';

/** Bundles server.ts and client.ts as they are shipped, into a folder that is gone after the tests of this file. */
export function bundlePrograms(): { server: string; client: string } {
  const folder = mkdtempSync(join(tmpdir(), 'lab-programs-'));
  // Other users run them too.
  chmodSync(folder, 0o755);
  after(() => rmSync(folder, { recursive: true, force: true }));
  const sources = join(import.meta.dirname, '../../src/programs');
  buildSync({
    entryPoints: [join(sources, 'server.ts'), join(sources, 'client.ts')],
    outdir: folder,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node18',
    logLevel: 'error',
  });
  return { server: join(folder, 'server.js'), client: join(folder, 'client.js') };
}

/** A port on which nobody listened a moment ago. */
export async function unusedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A process whose output is read as it comes: on a pseudo-terminal (`script`, which gives back its exit status), or on pipes. */
export class Running {
  readonly #child: ChildProcess;
  /** Standard output, or all that the terminal showed, without carriage returns. */
  output = '';
  errors = '';
  readonly exit: Promise<number | null>;

  constructor(command: readonly string[], { terminal = false, uid }: { terminal?: boolean; uid?: number } = {}) {
    const [program = '', ...words] = terminal
      ? ['script', '-qefc', `exec ${quoteCommand(command)}`, '/dev/null']
      : command;
    this.#child = spawn(program, words, { stdio: 'pipe', ...(uid === undefined ? {} : { uid, gid: uid }) });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.output += text.replaceAll('\r', '')));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.errors += text));
    this.#child.stdin?.on('error', () => undefined);
    this.exit = new Promise((resolve) => this.#child.on('close', (code) => resolve(code)));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  type(text: string | Uint8Array): void {
    this.#child.stdin?.write(text);
  }

  endInput(): void {
    this.#child.stdin?.end();
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.#child.kill(signal);
  }

  /** Ends it, if it still runs, and waits until it is gone. */
  async stop(): Promise<void> {
    this.kill();
    await this.exit;
  }

  /** Waits until the output holds `text`, `times` times. */
  async shows(text: string, times = 1): Promise<void> {
    await retryUntil(
      () =>
        this.output.split(text).length > times ? { value: true } : { seen: JSON.stringify([this.output, this.errors]) },
      { what: `"${text}"`, timeoutMs: 5000, intervalMs: 5 },
    );
  }
}
