import { type EventHandlers, type EventOf, handleEvent } from '../../core/event-listeners.ts';
import type { Event } from '../../core/events.ts';
import { sayDuration } from '../../core/language/amounts.ts';
import { sanitize } from '../../core/text/sanitize.ts';
import { oneLine } from '../../report/run/words.ts';
import type { StatusLines } from './status-lines.ts';

/** How much is reported: `quiet` only warnings, `verbose` also what begins and how it goes on. */
export type Loudness = 'quiet' | 'normal' | 'verbose';

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
/** A step shows for how long it has been going on after this time. */
const LONG_MS = 2000;
/** Where no present is drawn, a step says how it goes on once in that time. */
const TELL_INTERVAL_MS = 5000;

interface ActiveStep {
  readonly title: string;
  /** On the monotonic clock. */
  readonly startedMs: number;
  note: string;
  /** When its last line was printed, on the same clock. */
  toldMs: number;
}

/**
 * Shows the work that the user waits for: on a terminal a moving line for each running step; a line for each ended one.
 */
export class Progress {
  readonly #screen: StatusLines;
  readonly #loudness: Loudness;
  readonly #active = new Map<string, ActiveStep>();
  readonly #handlers: EventHandlers<Promise<void> | undefined> = {
    'step-started': (event) => this.#start(event),
    'step-progress': (event) => this.#note(event),
    'step-finished': (event) => this.#finish(event),
    'step-failed': (event) => this.#fail(event),
    notice: (event) => this.#notice(event),
  };

  constructor(screen: StatusLines, loudness: Loudness) {
    this.#screen = screen;
    this.#loudness = loudness;
    if (loudness !== 'quiet')
      screen.addStatus((frame) => [...this.#active.values()].map((step) => this.#statusLine(step, frame)));
  }

  /** Takes an event; the promise says when more may come. */
  listen(event: Event): Promise<void> | undefined {
    return handleEvent(this.#handlers, event);
  }

  #start({ id, title, at }: EventOf<'step-started'>): Promise<void> | undefined {
    this.#active.set(id, { title: oneLine(title), startedMs: at.monotonicMs, note: '', toldMs: at.monotonicMs });
    this.#screen.changed();
    return this.#tellMore(`… ${oneLine(title)}`);
  }

  #note({ id, note, at }: EventOf<'step-progress'>): Promise<void> | undefined {
    const step = this.#active.get(id);
    if (step) step.note = oneLine(note);
    const line = `… ${step ? `${step.title}: ` : ''}${oneLine(note)}`;
    if (this.#loudness === 'verbose') return this.#tellMore(line);
    if (!step || this.#screen.isLive || at.monotonicMs - step.toldMs < TELL_INTERVAL_MS) return undefined;
    step.toldMs = at.monotonicMs;
    return this.#tell([line]);
  }

  #finish({ id, title, note, durationMs }: EventOf<'step-finished'>): Promise<void> | undefined {
    this.#active.delete(id);
    const remark = note === undefined ? '' : `  ${oneLine(note)}`;
    const { paint } = this.#screen.talk;
    return this.#tell([
      `${paint('green', '✔')} ${oneLine(title)}${paint('dim', `${remark}  ${sayDuration(durationMs)}`)}`,
    ]);
  }

  #fail({ id, title, reason, durationMs }: EventOf<'step-failed'>): Promise<void> | undefined {
    this.#active.delete(id);
    const { paint } = this.#screen.talk;
    return this.#tell([
      `${paint('red', '✘')} ${oneLine(title)}${paint('dim', `  ${sayDuration(durationMs)}`)}`,
      ...(reason === '' ? [] : indented(reason)),
    ]);
  }

  #notice({ level, message, hint }: EventOf<'notice'>): Promise<void> | undefined {
    if (level === 'info' && this.#loudness === 'quiet') return undefined;
    const mark = level === 'warning' ? this.#screen.talk.paint('yellow', '! ') : '· ';
    const [first = '', ...more] = sanitize(message).trim().split('\n');
    return this.#screen.talk.print([
      `${mark}${first}`,
      ...[...more, ...(hint === undefined ? [] : sanitize(hint).trim().split('\n'))].map((line) => `  ${line}`),
    ]);
  }

  #tell(lines: readonly string[]): Promise<void> | undefined {
    return this.#loudness === 'quiet' ? undefined : this.#screen.talk.print(lines);
  }

  #tellMore(line: string): Promise<void> | undefined {
    return this.#loudness === 'verbose' ? this.#screen.talk.print([this.#screen.talk.paint('dim', line)]) : undefined;
  }

  #statusLine({ title, note, startedMs }: ActiveStep, frame: number): string {
    const { paint } = this.#screen.talk;
    const elapsedMs = performance.now() - startedMs;
    const remarks = [note, elapsedMs < LONG_MS ? '' : sayDuration(Math.floor(elapsedMs / 1000) * 1000)].filter(
      (remark) => remark !== '',
    );
    const dimmed = paint('dim', remarks.map((remark) => `  ${remark}`).join(''));
    return `${paint('cyan', spinner[frame % spinner.length]!)} ${title}${dimmed}`;
  }
}

/** Lines of harmless text below a mark. */
function indented(text: string): string[] {
  return sanitize(text)
    .trimEnd()
    .split('\n')
    .map((line) => `  ${line}`);
}

export interface CollectedProgress {
  readonly steps: readonly {
    readonly title: string;
    readonly ok: boolean;
    readonly note: string | null;
    readonly durationMs: number;
  }[];
  readonly notices: readonly {
    readonly level: 'info' | 'warning';
    readonly message: string;
    readonly hint: string | null;
  }[];
}

/** Keeps what `Progress` would show, for the document of `--json`. */
export class ProgressCollector {
  readonly #steps: CollectedProgress['steps'][number][] = [];
  readonly #notices: CollectedProgress['notices'][number][] = [];
  readonly #handlers: EventHandlers<unknown> = {
    'step-finished': ({ title, note, durationMs }) =>
      this.#steps.push({ title, ok: true, note: note ?? null, durationMs }),
    'step-failed': ({ title, reason, durationMs }) => this.#steps.push({ title, ok: false, note: reason, durationMs }),
    notice: ({ level, message, hint }) => this.#notices.push({ level, message, hint: hint ?? null }),
  };

  listen(event: Event): void {
    handleEvent(this.#handlers, event);
  }

  /** What came so far. */
  collected(): CollectedProgress {
    return { steps: this.#steps, notices: this.#notices };
  }
}
