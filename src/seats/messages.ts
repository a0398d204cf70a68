import type { Socket } from 'node:net';
import { say } from '../core/language/say.ts';
import type { TerminalSize } from '../ssh/shell.ts';
import type { Standstill } from '../scenario/playing/standstill.ts';
import { writeOutput } from '../host/files/output.ts';

/** Of these messages: two versions of lab may meet. Who changes them, or what they mean, raises it. */
export const MESSAGES_VERSION = 1;

/** What a second terminal sends to the run that it joins. */
export type FromJoiner =
  | { readonly join: string; readonly size: TerminalSize; readonly version?: number }
  | { readonly keys: string }
  | { readonly size: TerminalSize };

/** What the run sends to the second terminal. Keys and output are text in base64, so that any byte passes. */
export type FromRun =
  /** What its user is told, as `roleStory` has it. */
  | { readonly joined: string; readonly version?: number }
  | { readonly refused: string }
  | { readonly begin: true }
  | { readonly output: string }
  | { readonly end: true }
  | { readonly standstill: Standstill }
  | { readonly result: string };

/** Why a terminal and a run of two versions of lab do not go together; `version` is that of the run, where it is known. */
export function otherLab(version?: string): string {
  return version === undefined
    ? say`the run was begun by another version of lab, which this terminal does not understand; use the same one`
    : say`the run was begun by lab ${version}, which does not understand the lab of this terminal; use the same one`;
}

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
