import type { Advice, Expectation, Finding, ProgramStatus, StepProblem } from '../../core/step-problem.ts';

/** A text for each kind of something. */
type TextsOf<T extends { readonly kind: string }> = {
  readonly [K in T['kind']]: (part: Extract<T, { readonly kind: K }>) => string;
};

/** The words of a language about failed steps, one by one. */
export interface FailureLexicon {
  /** As it follows "expected". */
  readonly expected: TextsOf<Expectation>;
  /** As it follows "but". */
  readonly seen: TextsOf<Exclude<Finding, { readonly kind: 'nothing-in-time' }>>;
  /** The same when nothing came until the limit. */
  readonly nothing: Readonly<Record<Expectation['kind'], string>>;
  /** Milliseconds. */
  readonly within: (limitMs: number) => string;
  /** Whole sentences. */
  readonly hint: TextsOf<Advice>;
}

/** Makes text of data about a failed step, in one language. */
export interface FailureWords {
  /** What the step wanted, as it follows "expected". */
  readonly expected: (wanted: Expectation) => string;
  /** What was instead, as it follows "but". */
  readonly seen: (problem: Pick<StepProblem, 'expected' | 'seen' | 'limitMs'>) => string;
  /** What the user can do, in whole sentences. */
  readonly hint: (advice: Advice) => string;
}

/** The words of a language, put together. */
export function failureWords(lexicon: FailureLexicon): FailureWords {
  return {
    expected: (wanted) => textOf(lexicon.expected, wanted),
    seen({ expected, seen, limitMs }) {
      if (seen.kind !== 'nothing-in-time') return textOf(lexicon.seen, seen);
      const nothing = lexicon.nothing[expected.kind];
      return limitMs === undefined ? nothing : `${nothing} ${lexicon.within(limitMs)}`;
    },
    hint: (advice) => textOf(lexicon.hint, advice),
  };
}

function textOf<T extends { readonly kind: string }>(texts: TextsOf<T>, part: T): string {
  const text = texts[part.kind as T['kind']] as (part: T) => string;
  return text(part);
}

/** An end as it is known: a status, a signal, or nothing. */
export function endWords(
  end: ProgramStatus | number | string,
  words: {
    readonly status: (code: number) => string;
    readonly signal: (name: string) => string;
    readonly unknown: string;
  },
): string {
  if (typeof end === 'number') return words.status(end);
  if (typeof end === 'string') return words.signal(end);
  const { exitCode, signal } = end;
  if (signal !== undefined) return words.signal(signal);
  return exitCode === undefined ? words.unknown : words.status(exitCode);
}
