import { Readable, Writable } from 'node:stream';
import type { UserTerminal } from '../session/context.ts';

/** The terminal of a program that uses lab: nothing is typed, nothing is shown, nobody is asked. */
export function quietTerminal(): UserTerminal {
  return { stdin: Readable.from([]), stdout: nowhere(), stderr: nowhere(), confirm: undefined };
}

function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}
