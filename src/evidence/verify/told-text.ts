import { join } from 'node:path';
import { LabError, messageOf } from '../../core/errors.ts';
import type { MisfitFacts, Misfit } from '../../report/record/misfit.ts';
import { linesOf, openStored, type StoredLine } from '../../state/files/stored-file.ts';

/** `14:30:15.042 server │ …`: hours and minutes are those of the time zone in which the run was played. */
const HOURS_AND_MINUTES = '00:00'.length;

/**
 * Compares a log or recording of a run, line by line, with what its events say that it holds; both are read as streams.
 * The first difference counts.
 */
export class ToldText implements AsyncDisposable {
  readonly #name: string;
  readonly #from: number;
  readonly #lines: AsyncGenerator<StoredLine>;
  #number = 0;
  #misfit: Misfit | undefined;

  constructor(folder: string, name: string) {
    this.#name = name;
    this.#from = name === 'session.log' ? HOURS_AND_MINUTES : 0;
    this.#lines = storedLines(join(folder, name));
  }

  /** What the events add to the file: whole lines. */
  async take(text: string): Promise<void> {
    for (const line of text.toWellFormed().split('\n').slice(0, -1)) {
      if (this.#misfit !== undefined) return;
      const told = line;
      const seen = await this.#next();
      if (seen === undefined || seen.slice(this.#from) !== told.slice(this.#from))
        this.#note({ kind: 'line', seen, told });
    }
  }

  /** The first difference; to be asked when all was taken. */
  async end(): Promise<Misfit | undefined> {
    if (this.#misfit !== undefined) return this.#misfit;
    const seen = await this.#next();
    if (seen !== undefined) this.#note({ kind: 'line', seen, told: undefined });
    return this.#misfit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lines.return(undefined);
  }

  async #next(): Promise<string | undefined> {
    this.#number += 1;
    try {
      const { value, done } = await this.#lines.next();
      return done === true ? undefined : value.text;
    } catch (error) {
      if (!(error instanceof LabError)) throw error;
      this.#note({ kind: 'unreadable', reason: messageOf(error) });
      return undefined;
    }
  }

  #note(facts: MisfitFacts): void {
    this.#misfit ??= { file: this.#name, ...(facts.kind === 'unreadable' ? {} : { line: this.#number }), ...facts };
  }
}

async function* storedLines(path: string): AsyncGenerator<StoredLine> {
  await using file = await openStored(path);
  if (file !== undefined) yield* linesOf(file, path);
}
