import { awakeNow } from '../../core/time/awake-clock.ts';
import type { EndlessOutput, StepProblem } from '../../core/step-problem.ts';

/** After such a pause, what is printed is something new. */
const PAUSE_MS = 1000;
/** Output that came so lately still goes on. */
const STILL_MS = 500;
/** Shorter output is no flood yet. */
const LEAST_MS = 1000;
/** Lines that differ are a flood when they are so many, in bytes. */
const FLOOD_BYTES = 65_536;
/** Few lines that come again and again are one when this many of the last ones are no others. */
const LINES_COMPARED = 200;
const LEAST_LINES = 50;
const MOST_DIFFERENT = 5;

/** What a program has printed without a pause. */
export class OutputBurst {
  #bytes = 0;
  #since = -Infinity;
  #last = -Infinity;

  /** Takes the next output. */
  note(text: string): void {
    const now = awakeNow();
    if (now - this.#last > PAUSE_MS) [this.#bytes, this.#since] = [0, now];
    this.#bytes += Buffer.byteLength(text);
    this.#last = now;
  }

  /** What it is, when it has gone on for a while and still does: much, or the same again and again. */
  endless(reader: { tail(count: number): string[] }): EndlessOutput | undefined {
    const ms = this.#last - this.#since;
    if (awakeNow() - this.#last > STILL_MS || ms < LEAST_MS) return undefined;
    // The last one may be a part of a line.
    const lines = reader.tail(LINES_COMPARED).slice(0, -1);
    const different = new Set(lines).size;
    const isSame = lines.length >= LEAST_LINES && different <= MOST_DIFFERENT;
    if (!isSame && this.#bytes < FLOOD_BYTES) return undefined;
    return { bytes: this.#bytes, ms: Math.round(ms), ...(isSame ? { lines: different } : {}) };
  }
}

/** A program on its terminal, as far as this matters. */
interface Printing {
  readonly role: string;
  readonly machine: string;
  /** What it prints without end; undefined when it does not, or has ended. */
  readonly endless: EndlessOutput | undefined;
}

/** The same with what programs print without end: the one that was waited for is said to, the others are evidence. */
export function withEndlessOutput(problem: StepProblem, opened: readonly Printing[]): StepProblem {
  const floods = opened.flatMap(({ role, machine, endless }) =>
    endless === undefined ? [] : [{ role, machine, endless }],
  );
  if (floods.length === 0) return problem;
  const own = problem.seen.kind === 'nothing-in-time' ? floods.find(({ role }) => role === problem.role) : undefined;
  const { programs = [], ...evidence } = problem.evidence ?? {};
  const known = new Set(programs.map(({ role }) => role));
  return {
    ...problem,
    ...(own === undefined
      ? {}
      : {
          seen: { kind: 'endless-output', role: own.role, ...own.endless },
          hint: problem.hint ?? { kind: 'endless-output' },
        }),
    evidence: {
      ...evidence,
      programs: [
        ...programs.map((program) => {
          const flood = floods.find(({ role }) => role === program.role);
          return flood === undefined || program.end !== undefined
            ? program
            : Object.assign({}, program, { endless: flood.endless });
        }),
        ...floods.filter(({ role }) => !known.has(role)),
      ],
    },
  };
}
