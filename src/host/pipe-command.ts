import { Duplex, Readable, Writable } from 'node:stream';
import { execa } from 'execa';
import { say } from '../core/language/say.ts';

/** As much of what a command says on standard error as a message can show. */
const MAX_ERROR_BYTES = 4096;

/**
 * Runs a line for this system's shell (`sh`, or `cmd.exe` on Windows) and joins its standard streams to one stream, as
 * OpenSSH does with a ProxyCommand. When the command fails, so does the stream, with what it said on standard error.
 * Destroying the stream ends the command.
 */
export function pipeCommand(line: string, env: Readonly<Record<string, string | undefined>>): Duplex {
  const child = execa(process.platform === 'win32' ? line : `exec ${line}`, {
    shell: true,
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: false,
    reject: false,
    env,
    extendEnv: false,
    forceKillAfterDelay: 1000,
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(0, MAX_ERROR_BYTES)));
  // Writing to a command that has ended is no news: its end is.
  child.stdin.on('error', () => undefined);
  const input = new Writable({
    write: (chunk, _encoding, done) => void child.stdin.write(chunk, () => done()),
    final: (done) => void child.stdin.end(() => done()),
  });
  async function* output(): AsyncGenerator<Uint8Array> {
    yield* child.stdout as AsyncIterable<Uint8Array>;
    // The end of the stream waits for that of the command, which knows why.
    const { exitCode } = await child;
    if (exitCode === 0) return;
    const why = said.trim() || say`it ended with status ${exitCode ?? 'unknown'}`;
    throw new Error(why);
  }
  const stream = Duplex.from({ writable: input, readable: Readable.from(output()) });
  stream.once('close', () => child.kill());
  return stream;
}
