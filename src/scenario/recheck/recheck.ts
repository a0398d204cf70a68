import { type EventHandlers, type EventOf, handleEvent } from '../../core/event-listeners.ts';
import type { Event } from '../../core/events.ts';
import type { StepProblem } from '../../core/step-problem.ts';
import { patternText } from '../../lab/pattern.ts';
import type { CaptureReading } from '../../packets/capture-reading.ts';
import { isEnd, type ExpectedEnd } from '../playing/exit-words.ts';
import { TerminalReader } from '../playing/terminal-reader.ts';
import { checkTcp, type TcpExpectation } from '../tcp/tcp-expectation.ts';
import { readStepText, type StepMap } from './step-text.ts';
import { toldTcp } from './told-tcp.ts';

/** A step that is said to have passed, and cannot have. */
export interface RefutedStep {
  /** From 0. */
  readonly index: number;
  readonly problem: Pick<StepProblem, 'expected' | 'seen'>;
}

/** A `tcp` step that passed. */
export interface PassedTcp {
  /** From 0. */
  readonly index: number;
  readonly expectation: TcpExpectation;
  /** When it passed, milliseconds since the Unix epoch. */
  readonly wallMs: number;
}

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
  readonly #terminals = new Map<string, Terminal>();
  readonly #starts = new Map<string, number>();
  /** By role and start. */
  readonly #ends = new Map<string, EventOf<'program-exited'>>();
  readonly #operated = new Set<string>();
  readonly #exits: PassedExit[] = [];
  readonly #shown: (RefutedStep & { readonly role: string })[] = [];
  readonly tcpSteps: PassedTcp[] = [];
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
    const { verb, map } = readStepText(text) ?? {};
    if (map === undefined) return;
    if (verb === 'expect') this.#lookForTexts(index, map);
    else if (verb === 'exit') this.#noteExits(index, map);
    else if (verb === 'tcp') {
      const expectation = toldTcp(map);
      if (expectation !== undefined) this.tcpSteps.push({ index, expectation, wallMs: at.wallMs });
    }
  }

  #lookForTexts(index: number, { entries }: StepMap): void {
    for (const [role, value] of entries) {
      const terminal = this.#terminals.get(role);
      if (typeof value !== 'object' || !('pattern' in value) || isMasked(value.pattern)) continue;
      const isSure =
        terminal === undefined ||
        !(terminal.isPartial || terminal.reader.droppedLines > 0 || terminal.reader.screen !== undefined);
      if (!isSure || terminal?.reader.shows(value.pattern) === true) continue;
      const expected = { kind: 'text', role, pattern: patternText(value.pattern) } as const;
      this.#shown.push({ index, role, problem: { expected, seen: { kind: 'nothing-in-time' } } });
    }
  }

  #noteExits(index: number, { entries }: StepMap): void {
    for (const [role, wanted] of entries)
      if (typeof wanted === 'number' || typeof wanted === 'string')
        this.#exits.push({ index, role, wanted, start: this.#startOf(role) });
  }

  #startOf(role: string): number {
    return this.#starts.get(role) ?? 0;
  }
}

/** A secret stands in no record; stars stand for it. */
function isMasked(pattern: { readonly text: string } | { readonly regex: RegExp }): boolean {
  return 'text' in pattern && /^\*+$/.test(pattern.text);
}

function endedOtherwise({ exitCode, signal }: EventOf<'program-exited'>): StepProblem['seen'] {
  return { kind: 'ended-otherwise', end: { exitCode, signal } };
}

/**
 * What the packets say against a `tcp` step that passed: what is wrong with it in each of these readings of the capture,
 * which end at different moments. Undefined when it fits one of them.
 */
export function refutedTcp(
  { index, expectation }: PassedTcp,
  readings: readonly CaptureReading[],
): RefutedStep | undefined {
  const findings = readings.map(({ conversations }) => checkTcp(expectation, conversations));
  const last = findings.at(-1);
  if (last === undefined || findings.some(({ length }) => length === 0)) return undefined;
  const problems = last.map(({ wanted, found }) => ({ wanted, found }));
  const expected = { kind: 'packets', wishes: problems.map(({ wanted }) => wanted) } as const;
  return { index, problem: { expected, seen: { kind: 'packets', problems } } };
}
