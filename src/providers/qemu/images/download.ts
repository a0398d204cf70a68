import { createWriteStream, existsSync, rmSync, statSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { EnvironmentError, messageOf, systemCode } from '../../../core/errors.ts';
import { say } from '../../../core/language/say.ts';
import { formatShare } from '../../../core/text/share.ts';
import { askServer, lacksProxies } from './ask-server.ts';

export interface DownloadOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (note: string) => void;
}

/** Between two notes of progress. */
const NOTE_INTERVAL_MS = 250;

/**
 * Gets a URL into a file. What an earlier, broken download left there is continued (RFC 9110, 14.2), where the server
 * can.
 *
 * @throws {EnvironmentError} when the server cannot be reached or refuses, or the connection breaks off; what came so
 *   far stays for the next time.
 */
export async function download(url: string, file: string, { signal, onProgress }: DownloadOptions): Promise<void> {
  const have = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  const response = await ask(url, have === 0 ? {} : { Range: `bytes=${have}-` }, signal);
  if (response.statusCode === RANGE_NOT_SATISFIABLE && have > 0) {
    // All of it is there already, or it is of another file: the checksum will tell.
    response.destroy();
    return;
  }
  requireGood(url, response);
  const continues = response.statusCode === PARTIAL_CONTENT;
  const start = continues ? have : 0;
  const length = response.headers['content-length'];
  const total = length === undefined ? undefined : start + Number(length);
  try {
    await pipeline(
      counted(response, start, total, onProgress),
      createWriteStream(file, { flags: continues ? 'a' : 'w', mode: 0o644 }),
      { signal },
    );
  } catch (error) {
    signal.throwIfAborted();
    if (systemCode(error) === 'ENOSPC') throw diskFull(file, error);
    throw failed(url, say`the connection broke off (${messageOf(error)})`, error);
  }
  const size = statSync(file).size;
  if (total !== undefined && size < total)
    throw failed(url, say`the connection broke off after ${size} of ${total} bytes`);
}

export function diskFull(file: string, cause: unknown): EnvironmentError {
  return new EnvironmentError(say`the disk is full: cannot write ${file}`, {
    code: 'disk-full',
    cause,
    hint: say`Free some space, then run the command again.`,
  });
}

const PARTIAL_CONTENT = 206;
const RANGE_NOT_SATISFIABLE = 416;

async function* counted(
  body: AsyncIterable<Uint8Array>,
  start: number,
  total: number | undefined,
  onProgress: (note: string) => void,
): AsyncGenerator<Uint8Array> {
  let bytes = start;
  let toldMs = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (performance.now() - toldMs >= NOTE_INTERVAL_MS) {
      toldMs = performance.now();
      onProgress(formatShare(bytes, total));
    }
    yield chunk;
  }
}

/** The text behind a URL. Throws as `download` does. */
export async function downloadText(url: string, signal: AbortSignal): Promise<string> {
  const response = await ask(url, {}, signal);
  requireGood(url, response);
  try {
    return await text(response);
  } catch (error) {
    signal.throwIfAborted();
    throw failed(url, say`the connection broke off (${messageOf(error)})`, error);
  }
}

async function ask(
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  try {
    return await askServer(url, { headers, signal });
  } catch (error) {
    signal.throwIfAborted();
    // An error of several addresses has no words of its own.
    throw failed(url, messageOf(error) || String(systemCode(error)), error);
  }
}

function requireGood(url: string, response: IncomingMessage): void {
  const { statusCode = 0, statusMessage } = response;
  if (statusCode >= 200 && statusCode < 300) return;
  response.destroy();
  throw failed(url, say`the server answered ${statusCode} ${statusMessage ?? ''}`);
}

function failed(url: string, reason: string, cause?: unknown): EnvironmentError {
  return new EnvironmentError(say`cannot download ${url}: ${reason}`, {
    code: 'download-failed',
    cause,
    hint: [
      say`Check the network, then run the command again: it goes on where it stopped. Or get the file elsewhere and use "lab images import FILE".`,
      ...(lacksProxies() ? [say`For a proxy lab needs Node.js 22.21, 24.5 or newer; this is ${process.version}.`] : []),
    ].join('\n'),
  });
}

/** The hash that a list of sha256sum(1) has for the file that a URL names. */
export function hashIn(list: string, url: string): string | undefined {
  const name = url.slice(url.lastIndexOf('/') + 1);
  return list
    .split('\n')
    .map((line) => /^([0-9a-f]{64}) [ *](.+)$/.exec(line.trim()))
    .find((match) => match?.[2] === name)?.[1];
}

/** Removes what a download left. */
export function discard(file: string): void {
  if (existsSync(file)) rmSync(file);
}
