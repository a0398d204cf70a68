import { briefNames, briefStep } from '../../report/run/brief-step.ts';
import { type EventHandlers, type EventOf, handleEvent } from '../../core/event-listeners.ts';
import type { Event } from '../../core/events.ts';
import { quoteCommand } from '../../core/text/shell-quote.ts';
import { sayDuration } from '../../core/language/amounts.ts';
import { say } from '../../core/language/say.ts';
import { languageOfUser } from '../../report/language/languages.ts';
import { RepeatFold, type FoldedLine } from '../../report/terminals/repeated-lines.ts';
import { LineFold } from '../../report/terminals/role-lines.ts';
import { oneLine, plainLines } from '../../report/run/words.ts';
import { shownEnd, shownFreed, shownPort } from './event-words.ts';
import type { Loudness } from './progress.ts';
import type { StatusLines } from './status-lines.ts';

export interface RelayOptions {
  readonly loudness: Loudness;
  /** Without a live terminal, an unfinished line is shown when it has not changed for this long. Default 2000. */
  readonly partialAfterMs?: number | undefined;
  /** Roles whose terminals are shown elsewhere: the user sits at their keyboard. */
  readonly without?: ReadonlySet<string> | undefined;
}

/** So often the same lines are shown; from then on they are counted, until others come. */
const TIMES_SHOWN = 20;

/** Characters of a step that are shown. */
const LONGEST_STEP = 400;
/** Of more programs, only the names are told at the start. */
const MOST_INTRODUCED = 8;
/** Unfinished lines below the others, so that they do not fill the terminal. */
const MOST_UNFINISHED = 8;

/** Colours of the roles, in the order in which they are named. */
const colors = ['cyan', 'yellow', 'magenta', 'green', 'blue', 'red'] as const;

/**
 * Shows a scenario while it is played: whole lines of plain text, `server │ TP1 Server`, in the order in which they
 * were completed, and the steps of the scenario between them. A prompt and what is typed at it are one line. On a
 * terminal, unfinished lines stand below; elsewhere they are shown when nothing more comes. A line that is unfinished
 * when a step fails, or when its program ends, is shown as it is.
 */
export class Relay {
  readonly #screen: StatusLines;
  readonly #options: RelayOptions;
  readonly #lines = new LineFold();
  readonly #folds = new Map<string, RepeatFold>();
  readonly #roles: string[] = [];
  readonly #timers = new Map<string, NodeJS.Timeout>();
  /** Unfinished lines that were shown already, by role. */
  readonly #shownPartials = new Map<string, string>();
  #width = 0;
  #step: string | undefined;
  readonly #handlers: EventHandlers<string[]> = {
    'run-started': (event) => this.#begin(event),
    'scenario-step-started': ({ text }) => this.#setStep(shownStep(text)),
    'scenario-step-passed': ({ text, durationMs }) => this.#endStep('green', '✔', text, sayDuration(durationMs)),
    'scenario-step-failed': (event) => this.#failStep(event),
    'scenario-step-skipped': ({ text, reason }) => this.#endStep('dim', '-', text, say`skipped: ${oneLine(reason)}`),
    'terminal-opened': ({ role, machine, command }) => this.#open(role, machine, command),
    'program-exited': (event) => [this.#remark(event.role, shownEnd(event))],
    'command-finished': (event) => this.#command(event),
    'port-checked': (event) => [this.#remark(event.machine, shownPort(event))],
    'port-freed': (event) => [this.#remark(event.machine, shownFreed(event))],
    'run-finished': () => this.#setStep(undefined),
  };

  constructor(screen: StatusLines, options: RelayOptions) {
    this.#screen = screen;
    this.#options = options;
    screen.addStatus(() => this.#status());
  }

  /** Takes an event; the promise says when more may come. */
  listen(event: Event): Promise<void> | undefined {
    const completed = this.#lines.take(event).flatMap(({ role, lines }) => this.#complete(role, lines));
    if (event.kind === 'program-exited') completed.push(...this.#unfold(event.role));
    if (event.kind === 'scenario-step-failed' || event.kind === 'run-finished')
      completed.push(...this.#roles.flatMap((role) => this.#unfold(role)));
    const wait = this.#screen.data.print([...completed, ...(handleEvent(this.#handlers, event) ?? [])]);
    if (event.kind === 'terminal-output') this.#awaitQuiet(event.role);
    this.#screen.changed();
    return wait;
  }

  /** Forgets what it was about to show. */
  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #begin({ scenario, roles }: EventOf<'run-started'>): string[] {
    this.#roles.splice(0, Infinity, ...roles.map(({ role }) => role));
    this.#width = Math.max(0, ...roles.flatMap(({ role, machine }) => [role.length, machine.length]));
    const cast =
      roles.length > MOST_INTRODUCED
        ? briefNames(roles.map(({ role }) => role)).map(oneLine)
        : roles.map(
            ({ role, machine, user, address }) =>
              say`${role} on ${machine} (${[user, address].filter(Boolean).join(', ')})`,
          );
    return [`${this.#screen.data.paint('bold', oneLine(scenario))}: ${cast.join(', ')}`];
  }

  #setStep(text: string | undefined): string[] {
    this.#step = text;
    return [];
  }

  #endStep(color: 'green' | 'dim', mark: string, text: string, remark: string): string[] {
    this.#step = undefined;
    const { paint } = this.#screen.data;
    return [`${this.#column('')} ${paint(color, mark)} ${paint('dim', `${shownStep(text)}  ${remark}`)}`];
  }

  /** Only the first line of the reason: the whole story stands at the end of the run. */
  #failStep({ line, text, durationMs, reason, problem }: EventOf<'scenario-step-failed'>): string[] {
    this.#step = undefined;
    const { paint } = this.#screen.data;
    const unfinished = this.#roles.flatMap((role) => this.#partial(role));
    const indent = this.#column('');
    const why = problem === undefined ? reason : languageOfUser().failure.seen(problem);
    const remark = paint('dim', `  ${say`line ${line}`}, ${sayDuration(durationMs)}`);
    return [
      ...unfinished,
      `${indent} ${paint('red', '✘')} ${shownStep(text)}${remark}`,
      `${indent}   ${paint('red', oneLine(why.split('\n', 1)[0] ?? ''))}`,
    ];
  }

  #open(role: string, machine: string, command: readonly string[]): string[] {
    if (!this.#roles.includes(role)) this.#roles.push(role);
    this.#width = Math.max(this.#width, role.length, machine.length);
    return this.#options.loudness === 'verbose'
      ? [this.#remark(role, say`started on ${machine}: ${oneLine(quoteCommand(command))}`)]
      : [];
  }

  #command(event: EventOf<'command-finished'>): string[] {
    const output = plainLines(event.output).map((line) => `${this.#column(event.machine)} │ ${line}`);
    return [...output, this.#remark(event.machine, `${oneLine(event.command)}: ${shownEnd(event)}`)];
  }

  #complete(role: string, lines: readonly string[]): string[] {
    if (this.#options.without?.has(role)) return [];
    // A line that was shown unfinished, and did not change any more, is not shown again.
    const wasShown = this.#shownPartials.get(role) === lines[0];
    this.#shownPartials.delete(role);
    const prefix = this.#prefix(role);
    const fold = this.#folds.get(role) ?? new RepeatFold(TIMES_SHOWN);
    this.#folds.set(role, fold);
    return this.#folded(prefix, fold.take(lines.slice(wasShown ? 1 : 0)));
  }

  /** How often the lines came that are counted, now that others come, or none. */
  #unfold(role: string): string[] {
    return this.#folded(this.#prefix(role), this.#folds.get(role)?.finish() ?? []);
  }

  #folded(prefix: string, lines: readonly FoldedLine[]): string[] {
    const { paint } = this.#screen.data;
    return lines.map((each) =>
      'line' in each
        ? prefixed(prefix, each.line)
        : `${prefix} ${paint('dim', languageOfUser().failure.repeated(each.cycle, each.times))}`,
    );
  }

  /** Shows an unfinished line, once. */
  #partial(role: string): string[] {
    if (!this.#hasPartial(role)) return [];
    const line = this.#lines.currentLine(role);
    this.#shownPartials.set(role, line);
    return [this.#line(role, line)];
  }

  /** Whether the role has an unfinished line that was not shown yet. */
  #hasPartial(role: string): boolean {
    const line = this.#lines.currentLine(role);
    return line !== '' && this.#shownPartials.get(role) !== line && !this.#options.without?.has(role);
  }

  #awaitQuiet(role: string): void {
    clearTimeout(this.#timers.get(role));
    this.#timers.delete(role);
    if (this.#screen.isLive || this.#lines.currentLine(role) === '') return;
    const show = (): void => void this.#screen.data.print(this.#partial(role));
    this.#timers.set(role, setTimeout(show, this.#options.partialAfterMs ?? 2000).unref());
  }

  #status(): string[] {
    const unfinished = this.#roles.filter((role) => this.#hasPartial(role));
    const step =
      this.#step === undefined ? [] : [this.#screen.data.paint('dim', `${this.#column('')} … ${this.#step}`)];
    const shown = unfinished.slice(0, MOST_UNFINISHED).map((role) => this.#line(role, this.#lines.currentLine(role)));
    const hidden = unfinished.length - shown.length;
    const more = hidden === 0 ? [] : [this.#remark('', say`and ${hidden} more unfinished lines`)];
    return [...shown, ...more, ...step];
  }

  #line(role: string, text: string): string {
    return prefixed(this.#prefix(role), text);
  }

  #prefix(role: string): string {
    const color = colors[Math.max(0, this.#roles.indexOf(role)) % colors.length]!;
    return this.#screen.data.paint(color, `${this.#column(role)} │`);
  }

  #remark(who: string, text: string): string {
    return this.#screen.data.paint('dim', `${this.#column(who)} · ${text}`);
  }

  #column(who: string): string {
    return oneLine(who).padEnd(this.#width);
  }
}

/** A step of many programs would fill the terminal; its whole text stands in the record. */
function shownStep(text: string): string {
  const line = oneLine(briefStep(text));
  return line.length > LONGEST_STEP ? `${line.slice(0, LONGEST_STEP)}…` : line;
}

/** An empty line has no blank at its end. */
function prefixed(prefix: string, text: string): string {
  return text === '' ? prefix : `${prefix} ${text}`;
}
