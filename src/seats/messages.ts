import type { Socket } from 'node:net';
import type { TerminalSize } from '../ssh/shell.ts';
import type { Standstill } from '../scenario/playing/standstill.ts';
import { writeOutput } from '../host/files/output.ts';

/** What a second terminal sends to the run that it joins. */
export type FromJoiner =
  { readonly join: string; readonly size: TerminalSize } | { readonly keys: string } | { readonly size: TerminalSize };

/** What the run sends to the second terminal. Keys and output are text in base64, so that any byte passes. */
export type FromRun =
  /** What its user is told, as `roleStory` has it. */
  | { readonly joined: string }
  | { readonly refused: string }
  | { readonly begin: true }
  | { readonly output: string }
  | { readonly end: true }
  | { readonly standstill: Standstill }
  | { readonly result: string };

/** Sends one message as a line of JSON; resolves when more may follow. */
export async function send(socket: Socket, message: FromJoiner | FromRun): Promise<void> {
  await writeOutput(socket, `${JSON.stringify(message)}\n`);
}

/**
 * The messages that come, until the other side ends. They come from another process of the same user, so their form is
 * trusted.
 */
export async function* receive<T extends FromJoiner | FromRun>(socket: Socket): AsyncGenerator<T> {
  let rest = '';
  socket.setEncoding('utf8');
  for await (const chunk of socket as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line) as T;
  }
}

export function encode(bytes: Uint8Array | string): string {
  return Buffer.from(bytes).toString('base64');
}

export function decode(text: string): Uint8Array {
  return Buffer.from(text, 'base64');
}
