import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { finished } from 'node:stream/promises';
import { writeTo } from '../../core/files/drained.ts';
import { EnvironmentError, LabError, messageOf } from '../../core/errors.ts';
import type { Event } from '../../core/events.ts';
import { BoundedRunFiles } from '../../report/run/bounded-run-files.ts';
import { DEFAULT_OUTPUT_LIMIT, sharesOf } from '../../report/run/output-limit.ts';
import { RunSummary, type Repeat, type RunDocument } from '../../report/run/run-summary.ts';
import { currentProcess } from '../../host/process-identity.ts';
import { FileHashes } from './file-hashes.ts';
import { beginRunFile, endRunFile } from './run-file.ts';
import { makeRunFolder, type NewRun } from './stored-runs.ts';
import { storing } from '../../host/files/storage-error.ts';
import { FILES_WITH_STEPS, overwriteInSteps } from './overwrite-secret.ts';
import { say } from '../../core/language/say.ts';
import { LAB_VERSION } from '../lab-version.ts';

export interface RunFolderOptions extends NewRun {
  readonly lab?: string;
  readonly repeat?: Repeat | undefined;
  /** What may be stored for each program; default 16 MiB. */
  readonly maxOutputBytes?: number | undefined;
  /** Called when the output of a role (or of the commands on a machine) is no longer stored, but for its end. */
  readonly onCut?: (role: string) => void;
  /**
   * Called once, when the folder can no longer be written (disk full): nothing more is stored, and what is there is of
   * a run that broke.
   */
  readonly onFault: (error: LabError) => void;
}

/** Writes the folder of one run while it is played. */
export class RunFolder {
  readonly id: string;
  readonly path: string;
  readonly #options: RunFolderOptions;
  readonly #files: BoundedRunFiles;
  readonly #summary: RunSummary;
  readonly #streams = new Map<string, WriteStream>();
  readonly #hashes = new FileHashes();
  #keptBytes = 0;
  #fault: LabError | undefined;

  private constructor(id: string, path: string, options: RunFolderOptions) {
    this.id = id;
    this.path = path;
    this.#options = options;
    this.#files = new BoundedRunFiles(sharesOf(options.maxOutputBytes ?? DEFAULT_OUTPUT_LIMIT).terminal);
    this.#summary = new RunSummary(options.repeat);
  }

  /**
   * Makes the folder of a new run.
   *
   * @throws {EnvironmentError} when it cannot be made.
   */
  static async create(options: RunFolderOptions): Promise<RunFolder> {
    const { scenario, lab = '', repeat, wallMs } = options;
    const { id, path } = await makeRunFolder(options, (run) => {
      const begun = {
        ...new RunSummary(repeat).document(),
        run: run.id,
        lab,
        scenario,
        startedAt: new Date(wallMs).toISOString(),
        labVersion: LAB_VERSION,
        process: currentProcess(),
      };
      return beginRunFile(join(run.path, 'run.json'), begun);
    });
    return new RunFolder(id, path, options);
  }

  /** Why the folder is not whole; undefined when all is stored so far. */
  get fault(): LabError | undefined {
    return this.#fault;
  }

  /** What was stored so far of what programs made: their output, and files that were kept. */
  get storedBytes(): number {
    return this.#files.storedBytes + this.#keptBytes;
  }

  /**
   * Stores an event; all events of the run must come, in order. The promise says when the disk can take more. Never
   * fails: see `onFault`.
   */
  record(event: Event): Promise<void> | undefined {
    this.#summary.add(event);
    const { additions, omissions, cut } = this.#files.take(event);
    for (const omission of omissions) this.#summary.add(omission);
    if (this.#fault !== undefined) return undefined;
    const waits = additions.map(({ file, text }) => this.#append(file, text)).filter((wait) => wait !== undefined);
    if (cut !== undefined) this.#options.onCut?.(cut);
    return waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined);
  }

  /**
   * Makes the text of a step unreadable where it is stored already: it was typed at a terminal that did not echo. Never
   * fails: see `onFault`.
   */
  async hide(secret: string): Promise<void> {
    await this.flush();
    for (const file of FILES_WITH_STEPS) this.#hashes.changed(file);
    const work = storing(say`cannot write to ${this.path}`, () => overwriteInSteps(this.path, secret));
    await work.catch((error: unknown) => this.#fail(error));
  }

  /** Stores a file that no event makes; `name` is its path in the folder. Never fails: see `onFault`. */
  async keep(name: string, content: Uint8Array): Promise<void> {
    const path = join(this.path, name);
    try {
      await storing(say`cannot write ${path}`, async () => {
        await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        await writeFile(path, content, { flag: 'wx', mode: 0o600 });
      });
      this.#keptBytes += content.byteLength;
      this.#hashes.add(name, content);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Resolves when all that was recorded so far is written, or cannot be: see `fault`. */
  async flush(): Promise<void> {
    await Promise.all([...this.#streams.values()].map(flushed));
  }

  /**
   * Writes what is still to be written, and `run.json`. May be called twice. Never fails: see `onFault`. Returns the
   * content of `run.json`.
   */
  async close(): Promise<RunDocument> {
    await Promise.all([...this.#streams.values()].map(end));
    try {
      const files = await this.#hashes.all(this.path, { isWhole: this.#fault === undefined });
      const document = { ...this.#document(), files };
      await endRunFile(join(this.path, 'run.json'), document);
      return document;
    } catch (error) {
      this.#fail(error);
      return this.#document();
    }
  }

  /** A run that is not stored whole has not passed: no one can look at it. */
  #document(): RunDocument {
    const document = {
      ...this.#summary.document(),
      maxOutputBytes: this.#options.maxOutputBytes ?? DEFAULT_OUTPUT_LIMIT,
      labVersion: LAB_VERSION,
    };
    return this.#fault === undefined ? document : { ...document, result: 'broken', reason: this.#fault.message };
  }

  #append(file: string, text: string): Promise<void> | undefined {
    this.#hashes.add(file, text);
    return writeTo(this.#streams.get(file) ?? this.#open(file), text);
  }

  #open(file: string): WriteStream {
    const path = join(this.path, file);
    const stream = createWriteStream(path, { flags: 'wx', mode: 0o600 });
    stream.on(
      'error',
      (cause) =>
        void storing(say`cannot write ${path}`, () => Promise.reject(cause)).catch((error: unknown) =>
          this.#fail(error),
        ),
    );
    this.#streams.set(file, stream);
    return stream;
  }

  #fail(error: unknown): void {
    if (this.#fault !== undefined) return;
    this.#fault =
      error instanceof LabError
        ? error
        : new EnvironmentError(say`cannot store the run in ${this.path}: ${messageOf(error)}`, {
            code: 'run-not-stored',
            cause: error,
          });
    this.#options.onFault(this.#fault);
  }
}

async function end(stream: WriteStream): Promise<void> {
  stream.end();
  // A broken stream has reported its error already.
  await finished(stream).catch(() => undefined);
}

function flushed(stream: WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableEnded) resolve();
    else stream.write('', () => resolve());
  });
}
