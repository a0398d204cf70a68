import { type EventHandlers, type EventOf, handleEvent } from '../../core/event-listeners.ts';
import type { Event } from '../../core/events.ts';
import type { StepProblem } from '../../core/step-problem.ts';
import { findPattern, patternText } from '../../lab/pattern.ts';
import type { Pattern } from '../../lab/types.ts';
import { isEnd, type ExpectedEnd } from '../playing/exit-words.ts';
import { TerminalReader } from '../playing/terminal-reader.ts';
import type { PassedLook, RefutedStep } from './refuted-packets.ts';
import type { ClaimsOf, StepClaims } from './step-claims.ts';
import { readStepText } from './step-text.ts';

interface Terminal {
  readonly reader: TerminalReader;
  /** What it showed is not all stored, or drawn on a screen: then nothing follows from what is not there. */
  isPartial: boolean;
  /** What was typed there. */
  readonly typed: string[];
}

/** What a terminal printed while a step was played. */
interface Printed {
  readonly role: string;
  readonly data: string;
  readonly atMs: number;
}

/** What is recorded so shortly before the end of a `not` may have been read after it. */
const MARGIN_MS = 100;
/** Columns of a terminal whose size does not matter. */
const WIDE = 1000;

/** An `exit` step that passed, and the program that it is about. */
interface PassedExit {
  readonly index: number;
  readonly role: string;
  readonly wanted: ExpectedEnd;
  /** Which start of the program. */
  readonly start: number;
}

/**
 * Looks again at the steps that passed, by what the events tell of terminals and ends: with the reader that `expect`
 * reads with, and the check of `exit`. Where it is not sure, it says nothing: a step that the user played, text that is
 * not all stored, programs that draw on their screen.
 */
export class Recheck {
  readonly #claimsOf: ClaimsOf;
  readonly #terminals = new Map<string, Terminal>();
  readonly #starts = new Map<string, number>();
  /** By role and start. */
  readonly #ends = new Map<string, EventOf<'program-exited'>>();
  readonly #operated = new Set<string>();
  readonly #exits: PassedExit[] = [];
  readonly #shown: (RefutedStep & { readonly role: string })[] = [];
  readonly packetSteps: PassedLook[] = [];
  /** In the step that is looked at. */
  #printed: Printed[] = [];
  #stepStartedMs = 0;
  /** It says that something does not show: only then it matters when something was printed. */
  #isAbsence = false;
  #isOperated = false;
  readonly #handlers: EventHandlers<void> = {
    'terminal-opened': ({ role, columns, rows }) => {
      this.#starts.set(role, this.#startOf(role) + 1);
      this.#terminals.set(role, { reader: new TerminalReader({ columns, rows }), isPartial: false, typed: [] });
    },
    'terminal-output': ({ role, data, at }) => {
      this.#terminals.get(role)?.reader.write(data);
      if (this.#isAbsence) this.#printed.push({ role, data, atMs: at.monotonicMs });
    },
    'terminal-resized': ({ role, columns, rows }) => this.#terminals.get(role)?.reader.resize(columns, rows),
    'terminal-input': ({ role, by, data }) => {
      this.#terminals.get(role)?.typed.push(data);
      if (by === 'user') this.#operated.add(role);
    },
    'output-omitted': ({ role }) => {
      const terminal = this.#terminals.get(role);
      if (terminal !== undefined) terminal.isPartial = true;
    },
    'program-exited': (event) => {
      this.#terminals.get(event.role)?.reader.finish();
      this.#ends.set(`${event.role} ${this.#startOf(event.role)}`, event);
    },
    'scenario-step-started': ({ at, text }) => {
      this.#isAbsence = text.startsWith('not: ');
      this.#stepStartedMs = at.monotonicMs;
      this.#printed = [];
    },
    'scenario-step-skipped': () => {
      this.#isOperated = true;
    },
    'scenario-step-passed': (event) => this.#passed(event),
  };

  /** `claimsOf`: what the verbs say. */
  constructor(claimsOf: ClaimsOf) {
    this.#claimsOf = claimsOf;
  }

  /** Takes all events of the run, in order. */
  take(event: Event): void {
    handleEvent(this.#handlers, event);
  }

  /** The steps that cannot have passed; to be asked when all events were taken. */
  get refuted(): RefutedStep[] {
    if (this.#isOperated) return [];
    const exits = this.#exits.flatMap(({ index, role, wanted, start }): (RefutedStep & { role: string })[] => {
      const end = this.#ends.get(`${role} ${start}`);
      if (end !== undefined && isEnd(end, wanted)) return [];
      const seen = end === undefined ? ({ kind: 'nothing-in-time' } as const) : endedOtherwise(end);
      return [{ index, role, problem: { expected: { kind: 'end', role, end: wanted }, seen } }];
    });
    return [...this.#shown, ...exits]
      .filter(({ role }) => !this.#operated.has(role))
      .map(({ index, problem }) => ({ index, problem }))
      .toSorted((a, b) => a.index - b.index);
  }

  #passed({ index, text, at }: EventOf<'scenario-step-passed'>): void {
    const step = readStepText(text);
    const claims = (step && this.#claimsOf(step.verb, step.map)) ?? {};
    const { shown = [], anyShown, unseen, ends = [], tcp, udp } = claims;
    for (const [role, pattern] of shown) this.#lookForText(index, role, pattern);
    if (anyShown !== undefined) this.#lookForAny(index, anyShown);
    for (const [role, pattern] of unseen?.texts ?? []) this.#lookForAbsence(index, { role, pattern, ms: unseen!.ms });
    for (const [role, wanted] of ends) this.#exits.push({ index, role, wanted, start: this.#startOf(role) });
    if (tcp !== undefined || udp !== undefined)
      this.packetSteps.push({ index, expectation: { tcp, udp }, wallMs: at.wallMs });
  }

  #lookForText(index: number, role: string, pattern: Pattern): void {
    if (this.#mayHaveShown(role, pattern)) return;
    const expected = { kind: 'text', role, pattern: patternText(pattern) } as const;
    this.#shown.push({ index, role, problem: { expected, seen: { kind: 'nothing-in-time' } } });
  }

  /** False when it is sure that the terminal never showed it. */
  #mayHaveShown(role: string, pattern: Pattern): boolean {
    if (isMasked(pattern)) return true;
    const terminal = this.#terminals.get(role);
    if (terminal === undefined) return false;
    return !isWhole(terminal) || terminal.reader.shows(pattern);
  }

  /** One of them must have been shown whole. */
  #lookForAny(index: number, branches: NonNullable<StepClaims['anyShown']>): void {
    if (branches.some((branch) => branch.every(([role, pattern]) => this.#mayHaveShown(role, pattern)))) return;
    const texts = branches.flat().map(([role, pattern]) => ({ role, pattern: patternText(pattern) }));
    const expected = { kind: 'any-text', texts } as const;
    this.#shown.push({ index, role: texts[0]?.role ?? '', problem: { expected, seen: { kind: 'nothing-in-time' } } });
  }

  /** What was printed well within the time of the step; what was typed may have come back as its echo. */
  #lookForAbsence(
    index: number,
    { role, pattern, ms }: { readonly role: string; readonly pattern: Pattern; readonly ms: number },
  ): void {
    const terminal = this.#terminals.get(role);
    if (terminal === undefined || isMasked(pattern) || !isWhole(terminal)) return;
    if (terminal.typed.some((typed) => findPattern(pattern, typed, 0) !== undefined)) return;
    const lastMs = this.#stepStartedMs + ms - MARGIN_MS;
    const reader = new TerminalReader({ columns: WIDE });
    for (const printed of this.#printed)
      if (printed.role === role && printed.atMs <= lastMs) reader.write(printed.data);
    if (reader.screen !== undefined || !reader.shows(pattern)) return;
    const expected = { kind: 'no-text', role, pattern: patternText(pattern), ms } as const;
    this.#shown.push({ index, role, problem: { expected, seen: { kind: 'shown' } } });
  }

  #startOf(role: string): number {
    return this.#starts.get(role) ?? 0;
  }
}

function isWhole({ isPartial, reader }: Terminal): boolean {
  return !isPartial && reader.droppedLines === 0 && reader.screen === undefined;
}

/** A secret stands in no record; stars stand for it. */
function isMasked(pattern: Pattern): boolean {
  return 'text' in pattern && /^\*+$/.test(pattern.text);
}

function endedOtherwise({ exitCode, signal }: EventOf<'program-exited'>): StepProblem['seen'] {
  return { kind: 'ended-otherwise', end: { exitCode, signal } };
}
