import { createWriteStream, existsSync, rmSync, statSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { EnvironmentError, messageOf, systemCode } from '../../../core/errors.ts';

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
  if (response.status === RANGE_NOT_SATISFIABLE && have > 0) {
    // All of it is there already, or it is of another file: the checksum will tell.
    await response.body?.cancel();
    return;
  }
  if (!response.ok || !response.body)
    throw failed(url, `the server answered ${response.status} ${response.statusText}`);
  const continues = response.status === PARTIAL_CONTENT;
  const start = continues ? have : 0;
  const length = response.headers.get('content-length');
  const total = length === null ? undefined : start + Number(length);
  try {
    await pipeline(
      counted(response.body, start, total, onProgress),
      createWriteStream(file, { flags: continues ? 'a' : 'w', mode: 0o644 }),
      { signal },
    );
  } catch (error) {
    signal.throwIfAborted();
    if (systemCode(error) === 'ENOSPC') throw diskFull(file, error);
    throw failed(url, `the connection broke off (${messageOf(error)})`, error);
  }
  const size = statSync(file).size;
  if (total !== undefined && size < total)
    throw failed(url, `the connection broke off after ${size} of ${total} bytes`);
}

export function diskFull(file: string, cause: unknown): EnvironmentError {
  return new EnvironmentError(`the disk is full: cannot write ${file}`, {
    code: 'disk-full',
    cause,
    hint: 'Free some space, then run the command again.',
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
      onProgress(
        total === undefined
          ? megabytes(bytes)
          : `${megabytes(bytes)} of ${megabytes(total)} (${Math.floor((bytes / total) * 100)} %)`,
      );
    }
    yield chunk;
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** The text behind a URL. Throws as `download` does. */
export async function downloadText(url: string, signal: AbortSignal): Promise<string> {
  const response = await ask(url, {}, signal);
  if (!response.ok) throw failed(url, `the server answered ${response.status} ${response.statusText}`);
  return response.text();
}

async function ask(url: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Response> {
  try {
    const response = await fetch(url, { headers, signal });
    if (url.startsWith('https:') && !response.url.startsWith('https:'))
      throw new Error(`the server sends us on to ${response.url}, which is not protected`);
    return response;
  } catch (error) {
    signal.throwIfAborted();
    throw failed(url, reasonOf(error), error);
  }
}

/** fetch() hides the system's error in the cause. */
function reasonOf(error: unknown): string {
  return error instanceof Error && error.cause !== undefined
    ? messageOf(error.cause) || String(systemCode(error.cause))
    : messageOf(error);
}

function failed(url: string, reason: string, cause?: unknown): EnvironmentError {
  return new EnvironmentError(`cannot download ${url}: ${reason}`, {
    code: 'download-failed',
    cause,
    hint:
      'Check the network, then run the command again: it goes on where it stopped. ' +
      'Or get the file elsewhere and use "lab images import FILE".',
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
