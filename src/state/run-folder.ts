import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { finished } from 'node:stream/promises';
import { writeTo } from '../core/drained.ts';
import type { Event } from '../core/events.ts';
import { jsonText } from '../report/json-text.ts';
import { RunFiles } from '../report/run-files.ts';
import { RunSummary, type Repeat, type RunDocument } from '../report/run-summary.ts';
import { makeRunFolder } from './runs.ts';
import { replaceFile, storing } from './storage.ts';

export interface RunFolderOptions {
  /** The `.lab` folder. */
  readonly stateFolder: string;
  readonly scenario: string;
  /** When the run begins, milliseconds since the Unix epoch. */
  readonly wallMs: number;
  readonly repeat?: Repeat | undefined;
  /** Told once, when the folder can no longer be written (disk full): the run goes on, and nothing more is stored. */
  readonly onFault: (error: unknown) => void;
}

/** Writes the folder of one run while it is played. */
export class RunFolder {
  readonly id: string;
  readonly path: string;
  readonly #options: RunFolderOptions;
  readonly #files = new RunFiles();
  readonly #summary: RunSummary;
  readonly #streams = new Map<string, WriteStream>();
  #fault: unknown;

  private constructor(id: string, path: string, options: RunFolderOptions) {
    this.id = id;
    this.path = path;
    this.#options = options;
    this.#summary = new RunSummary(options.repeat);
  }

  /**
   * Makes the folder of a new run.
   *
   * @throws {EnvironmentError} when it cannot be made.
   */
  static async create(options: RunFolderOptions): Promise<RunFolder> {
    const { id, path } = await makeRunFolder(options.stateFolder, options.scenario, options.wallMs);
    return new RunFolder(id, path, options);
  }

  /** Why the folder is not whole; undefined when all is stored so far. */
  get fault(): unknown {
    return this.#fault;
  }

  /** Stores an event; all events of the run must come, in order. The promise says when the disk can take more. Never fails: see `onFault`. */
  record(event: Event): Promise<void> | undefined {
    this.#summary.add(event);
    const additions = this.#files.take(event);
    if (this.#fault !== undefined) return undefined;
    const waits = additions.map(({ file, text }) => writeTo(this.#streams.get(file) ?? this.#open(file), text)).filter((wait) => wait !== undefined);
    return waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined);
  }

  /** Stores a file that no event makes; `name` is its path in the folder. Never fails: see `onFault`. */
  async keep(name: string, content: Uint8Array): Promise<void> {
    const path = join(this.path, name);
    try {
      await storing(`write ${path}`, async () => {
        await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        await writeFile(path, content, { flag: 'wx', mode: 0o600 });
      });
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Writes what is still to be written, and `run.json`. May be called twice. Never fails: see `onFault`. Returns the content of `run.json`. */
  async close(): Promise<RunDocument> {
    await Promise.all([...this.#streams.values()].map(end));
    const document = this.#summary.document();
    try {
      await replaceFile(join(this.path, 'run.json'), `${jsonText(document, 2)}\n`);
    } catch (error) {
      this.#fail(error);
    }
    return document;
  }

  #open(file: string): WriteStream {
    const path = join(this.path, file);
    const stream = createWriteStream(path, { flags: 'wx', mode: 0o600 });
    stream.on('error', (cause) => void storing(`write ${path}`, () => Promise.reject(cause)).catch((error: unknown) => this.#fail(error)));
    this.#streams.set(file, stream);
    return stream;
  }

  #fail(error: unknown): void {
    if (this.#fault !== undefined) return;
    this.#fault = error;
    this.#options.onFault(error);
  }
}

async function end(stream: WriteStream): Promise<void> {
  stream.end();
  // A broken stream has told its error already.
  await finished(stream).catch(() => undefined);
}
