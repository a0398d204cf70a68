import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { LabError, messageOf } from '../../core/errors.ts';
import type { Event } from '../../core/events.ts';
import { jsonText, parseJson } from '../../core/json/json-text.ts';
import { ShapeError } from '../../core/json/shape.ts';
import { say } from '../../core/language/say.ts';
import { misfitsAt, type Misfit } from '../../report/record/misfit.ts';
import { NetworkFold } from '../../report/attempts/network-fold.ts';
import { readEventLine } from '../../report/run/event-line.ts';
import { RunFiles } from '../../report/run/run-files.ts';
import { RunSummary } from '../../report/run/run-summary.ts';
import { linesOf, openStored } from '../../state/files/stored-file.ts';
import { EventOrder } from './event-order.ts';
import { ToldText } from './told-text.ts';

export const EVENTS_FILE = 'events.ndjson';

/** What the events of a run tell, and where they contradict themselves or what was made from them. */
export interface ToldRecord {
  readonly summary: RunSummary;
  readonly network: NetworkFold;
  readonly misfits: readonly Misfit[];
  /** In logs and recordings, which follow from the events. */
  readonly textMisfits: readonly Misfit[];
}

export interface ToldOptions {
  /** Which logs and recordings are compared with what the events say of them. */
  readonly compares: (file: string) => boolean;
  /** Whether lines must be exactly as this lab writes them. */
  readonly isExact: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Gets each event in turn. */
  readonly onEvent?: (event: Event) => void;
}

/** Reads the events of a run from the beginning to the end, as streams; never throws for what stands in them. */
export async function tellRecord(
  folder: string,
  { compares, isExact, onEvent, signal }: ToldOptions,
): Promise<ToldRecord> {
  const summary = new RunSummary();
  const network = new NetworkFold();
  const order = new EventOrder();
  const files = new RunFiles();
  const misfits: Misfit[] = [];
  await using texts = new ToldTexts(folder, compares);
  for await (const step of eventsOf(folder, isExact)) {
    signal?.throwIfAborted();
    if ('kind' in step) misfits.push(step);
    else {
      const { event, line } = step;
      summary.add(event);
      network.take(event);
      onEvent?.(event);
      misfits.push(...misfitsAt({ file: EVENTS_FILE, line }, order.take(event)));
      for (const { file, text } of files.take(event)) await texts.take(file, text);
    }
  }
  return { summary, network, misfits, textMisfits: await texts.end() };
}

/** More takes minutes, and a file with holes may pretend to hold any size. Bytes. */
const MOST_BYTES = 2 * 1024 ** 3;

interface NumberedEvent {
  readonly event: Event;
  readonly line: number;
}

/** The events, and what is wrong with their lines; it ends at a line that is no event. */
async function* eventsOf(folder: string, isExact: boolean): AsyncGenerator<NumberedEvent | Misfit> {
  const path = join(folder, EVENTS_FILE);
  try {
    await using handle = await openStored(path);
    if (handle === undefined) return;
    const { size } = await handle.stat();
    if (size > MOST_BYTES) {
      yield { file: EVENTS_FILE, kind: 'too-large', mostBytes: MOST_BYTES };
      return;
    }
    for await (const { text, number, isCut } of linesOf(handle, path)) {
      const read = readLine(text);
      if (typeof read === 'string') {
        if (!isCut || isExact) yield { file: EVENTS_FILE, line: number, kind: 'unreadable', reason: read };
        return;
      }
      yield { event: read, line: number };
      if (isExact && (isCut || !isAsWritten(text, read)))
        yield { file: EVENTS_FILE, line: number, kind: 'not-as-written' };
    }
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    yield { file: EVENTS_FILE, kind: 'unreadable', reason: messageOf(error) };
  }
}

function readLine(text: string): Event | string {
  try {
    return readEventLine(text) ?? say`it is no JSON`;
  } catch (error) {
    if (error instanceof ShapeError) return error.message;
    throw error;
  }
}

/** No name twice, no field that does not belong there, no blank: a text that says something else to another reader. */
export function isAsWritten(text: string, read: object, indent?: number): boolean {
  const value = parseJson(text);
  return isDeepStrictEqual(value, read) && jsonText(value, indent) === text;
}

/** The logs and recordings of a run that are compared. */
class ToldTexts implements AsyncDisposable {
  readonly #folder: string;
  readonly #compares: (file: string) => boolean;
  readonly #texts = new Map<string, ToldText>();

  constructor(folder: string, compares: (file: string) => boolean) {
    this.#folder = folder;
    this.#compares = compares;
  }

  async take(file: string, text: string): Promise<void> {
    if (file === EVENTS_FILE || !this.#compares(file)) return;
    const told = this.#texts.get(file) ?? new ToldText(this.#folder, file);
    this.#texts.set(file, told);
    await told.take(text);
  }

  async end(): Promise<Misfit[]> {
    const byName = [...this.#texts].toSorted(([a], [b]) => a.localeCompare(b, 'en')).map(([, text]) => text);
    const ends = await Promise.all(byName.map((text) => text.end()));
    return ends.filter((misfit) => misfit !== undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#texts.values()].map((text) => text[Symbol.asyncDispose]()));
  }
}
