import { type EventHandlers, type EventOf, handleEvent } from '../../core/event-listeners.ts';
import type { Event } from '../../core/events.ts';
import type { StepProblem } from '../../core/step-problem.ts';
import { patternText } from '../../lab/pattern.ts';
import type { Pattern } from '../../lab/types.ts';
import { isEnd, type ExpectedEnd } from '../playing/exit-words.ts';
import { TerminalReader } from '../playing/terminal-reader.ts';
import type { PassedLook, RefutedStep } from './refuted-packets.ts';
import type { ClaimsOf } from './step-claims.ts';
import { readStepText } from './step-text.ts';

interface Terminal {
  readonly reader: TerminalReader;
  /** What it showed is not all stored, or drawn on a screen: then nothing follows from what is not there. */
  isPartial: boolean;
}

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
  #isOperated = false;
  readonly #handlers: EventHandlers<void> = {
    'terminal-opened': ({ role, columns, rows }) => {
      this.#starts.set(role, this.#startOf(role) + 1);
      this.#terminals.set(role, { reader: new TerminalReader({ columns, rows }), isPartial: false });
    },
    'terminal-output': ({ role, data }) => this.#terminals.get(role)?.reader.write(data),
    'terminal-resized': ({ role, columns, rows }) => this.#terminals.get(role)?.reader.resize(columns, rows),
    'terminal-input': ({ role, by }) => {
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
    const { shown = [], ends = [], tcp, udp } = (step && this.#claimsOf(step.verb, step.map)) ?? {};
    for (const [role, pattern] of shown) this.#lookForText(index, role, pattern);
    for (const [role, wanted] of ends) this.#exits.push({ index, role, wanted, start: this.#startOf(role) });
    if (tcp !== undefined || udp !== undefined)
      this.packetSteps.push({ index, expectation: { tcp, udp }, wallMs: at.wallMs });
  }

  #lookForText(index: number, role: string, pattern: Pattern): void {
    if (isMasked(pattern)) return;
    const terminal = this.#terminals.get(role);
    const isSure =
      terminal === undefined ||
      !(terminal.isPartial || terminal.reader.droppedLines > 0 || terminal.reader.screen !== undefined);
    if (!isSure || terminal?.reader.shows(pattern) === true) return;
    const expected = { kind: 'text', role, pattern: patternText(pattern) } as const;
    this.#shown.push({ index, role, problem: { expected, seen: { kind: 'nothing-in-time' } } });
  }

  #startOf(role: string): number {
    return this.#starts.get(role) ?? 0;
  }
}

/** A secret stands in no record; stars stand for it. */
function isMasked(pattern: Pattern): boolean {
  return 'text' in pattern && /^\*+$/.test(pattern.text);
}

function endedOtherwise({ exitCode, signal }: EventOf<'program-exited'>): StepProblem['seen'] {
  return { kind: 'ended-otherwise', end: { exitCode, signal } };
}
