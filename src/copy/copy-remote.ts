import { randomBytes } from 'node:crypto';
import { posix } from 'node:path';
import { EnvironmentError } from '../core/errors.ts';
import { scriptFile } from '../core/files/script-file.ts';
import { decodeFileName, shownFileName } from '../core/text/file-name.ts';
import { toolWords } from '../core/text/tool-words.ts';
import { say } from '../core/language/say.ts';
import type { ExecOptions, Shell } from '../ssh/shell.ts';
import { kindOf, reasonIn, reasons, requireFew, type CopyEntry, type NotCopied, type Tree } from './copy-entries.ts';

const listScript = scriptFile(new URL('list-tree.sh', import.meta.url));

/** A list of 200,000 long names. */
const MAX_LIST_BYTES = 64 * 1024 * 1024;
/** A large tree on a busy disk; nothing is copied before it is listed. */
const LIST_TIMEOUT_MS = 120_000;
/** Links to folders inside of linked folders, and so on. */
const MOST_ROUNDS = 20;
/** Folders named in one command. */
const FOLDERS_PER_ROUND = 200;

/**
 * All below a file or folder of a machine. Links are followed, as scp(1) does, but for those that would have no end.
 * What the machine answers is not trusted.
 *
 * @throws {EnvironmentError} when it is not there, or cannot be copied; `stray-path` when the machine names something
 * outside of it.
 */
export async function remoteTree(shell: Shell, source: string, signal: AbortSignal): Promise<Tree> {
  const tree = new RemoteTree(shell, source);
  let folders = ['.'];
  for (let round = 0; folders.length > 0; round++) {
    if (round > MOST_ROUNDS) throw tooDeep(shell, source);
    const records: string[] = [];
    for (let at = 0; at < folders.length; at += FOLDERS_PER_ROUND)
      records.push(...(await list(shell, source, folders.slice(at, at + FOLDERS_PER_ROUND), signal)));
    folders = tree.take(records);
  }
  return tree.whole();
}

async function list(shell: Shell, source: string, folders: readonly string[], signal: AbortSignal): Promise<string[]> {
  const token = randomBytes(12).toString('hex');
  const { output, stderr } = await execBytes(
    shell,
    { script: listScript(), args: [token, source, ...folders] },
    { signal, timeoutMs: LIST_TIMEOUT_MS },
  );
  const records = decodeFileName(output).split(`${token}\n`);
  const isWhole = records.pop() === '' && records.pop() === 'end ';
  if (output.length > MAX_LIST_BYTES) requireFew(Infinity, `${shell.machine}:${shownFileName(source)}`);
  if (!isWhole)
    throw cannotRead(
      shell,
      source,
      reasonIn(stderr) ?? (toolWords(stderr).split('\n', 1)[0] || say`its files cannot be listed`),
    );
  return records;
}

/** What a command printed, as bytes. */
async function execBytes(
  shell: Shell,
  command: { readonly script: string; readonly args: readonly string[] },
  options: ExecOptions,
): Promise<{ readonly output: Buffer; readonly stderr: string }> {
  const chunks: Uint8Array[] = [];
  let [bytes, stderr] = [0, ''];
  const onOutput = (stream: 'stdout' | 'stderr', chunk: Uint8Array): void => {
    if (stream === 'stderr') stderr = (stderr + Buffer.from(chunk).toString()).slice(0, 4096);
    else if (bytes <= MAX_LIST_BYTES) {
      chunks.push(chunk);
      bytes += chunk.length;
    }
  };
  await shell.exec(command, { ...options, onOutput, endsByItself: true });
  return { output: Buffer.concat(chunks), stderr };
}

/** Puts together what the machine lists, round by round. */
class RemoteTree {
  readonly #shell: Shell;
  readonly #source: string;
  readonly #entries = new Map<string, CopyEntry>();
  readonly #left = new Map<string, NotCopied>();
  /** Device and inode of each folder, by its path. */
  readonly #folders = new Map<string, string>();

  constructor(shell: Shell, source: string) {
    this.#shell = shell;
    this.#source = source;
  }

  /** Returns the linked folders that are still to be looked through. */
  take(records: readonly string[]): string[] {
    const links: (readonly [path: string, id: string])[] = [];
    for (const record of records) {
      const { kind, mode, bytes, id, path } = this.#parse(record);
      const type = kind === 'x' || kind === 'u' ? kind : kindOf(mode);
      if (type === 'x') this.#leave(path, reasons.linkToNothing);
      else if (type === 'u') this.#leave(path, reasons.unreadableFolder);
      else if (typeof type === 'object') this.#leave(path, type.reason);
      else if (kind === 'l' && type === 'folder') links.push([path, id]);
      else this.#add({ path, folder: type === 'folder', mode: mode & 0o777, bytes }, id);
    }
    return links.flatMap(([path, id]) => {
      if (!this.#leadsBack(path, id)) return [path];
      this.#leave(path, reasons.endlessLink);
      return [];
    });
  }

  /** @throws {EnvironmentError} when the thing itself cannot be copied. */
  whole(): Tree {
    const fault = this.#left.get('');
    if (fault !== undefined) throw cannotRead(this.#shell, this.#source, fault.reason);
    const entries = [...this.#entries.values()].filter(({ path, folder }) => !folder || !this.#left.has(path));
    return { entries: entries.toSorted((a, b) => (a.path < b.path ? -1 : 1)), left: [...this.#left.values()] };
  }

  #add(entry: CopyEntry, id: string): void {
    this.#entries.set(entry.path, entry);
    if (entry.folder) this.#folders.set(entry.path, id);
    requireFew(this.#entries.size + this.#left.size, `${this.#shell.machine}:${shownFileName(this.#source)}`);
  }

  #leave(path: string, reason: string): void {
    this.#left.set(path, { path, reason });
    requireFew(this.#entries.size + this.#left.size, `${this.#shell.machine}:${shownFileName(this.#source)}`);
  }

  #leadsBack(path: string, id: string): boolean {
    const parts = path.split('/');
    return parts.some((_part, depth) => this.#folders.get(parts.slice(0, depth).join('/')) === id);
  }

  #parse(record: string): {
    readonly kind: string;
    readonly mode: number;
    readonly bytes: number;
    readonly id: string;
    readonly path: string;
  } {
    const [, kind = '', mode = '0', bytes = '0', id = '', name] =
      /^([ldf]) ([0-9a-f]{1,8}) (\d{1,18}) (\S{1,50}) (.*)$/s.exec(record) ?? [];
    const [, other, lost] = /^([xu]) (.*)$/s.exec(record) ?? [];
    const written = name ?? lost;
    if (written === undefined) throw cannotRead(this.#shell, this.#source, say`its files cannot be listed`);
    return {
      kind: other ?? kind,
      mode: Number.parseInt(mode, 16),
      bytes: Number(bytes),
      id,
      path: this.#inside(written),
    };
  }

  /** A machine is not trusted to name files of this host (CVE-2019-6111 of scp). */
  #inside(written: string): string {
    const parts = written.split('/').filter((part) => part !== '' && part !== '.');
    if (!written.startsWith('/') && !parts.includes('..') && !written.includes('\0')) return parts.join('/');
    throw new EnvironmentError(
      say`${this.#shell.machine} answered with a path outside ${shownFileName(this.#source)}: ${shownFileName(written)}`,
      { code: 'stray-path' },
    );
  }
}

function cannotRead({ machine }: Shell, source: string, reason: string): EnvironmentError {
  return new EnvironmentError(say`cannot read ${machine}:${shownFileName(source)}: ${reason}`, {
    code: 'cannot-read',
    hint: say`Look with:  lab ssh ${machine} ls -ld ${shownFileName(source)}`,
  });
}

function tooDeep({ machine }: Shell, source: string): EnvironmentError {
  return new EnvironmentError(say`cannot read ${machine}:${shownFileName(source)}: its links lead on and on`, {
    code: 'too-many-files',
    hint: say`Copy its folders one by one, or an archive of it (tar).`,
  });
}

/** Path of something below a source on a machine. */
export function remotePath(source: string, path: string): string {
  return path === '' ? source : posix.join(source, path);
}
