import type { ProgramLook } from '../../core/program-look.ts';
import type {
  Advice,
  Cause,
  Evidence,
  Expectation,
  Finding,
  ProgramStatus,
  StepProblem,
} from '../../core/step-problem.ts';
import { attemptSentence, type AttemptWords } from '../attempts/attempt-sentence.ts';
import { briefNames } from '../run/brief-step.ts';
import type { PacketWords } from './packet-words.ts';
import { textOf, type TextsOf } from './texts-of.ts';
import { situationOf, type Activity, type Deadlock, type Doing, type Remark, type StepContext } from '../activity.ts';

/** The words of a language about failed steps, one by one. */
export interface FailureLexicon {
  /** As it follows "expected". */
  readonly expected: TextsOf<Exclude<Expectation, { readonly kind: 'packets' }>>;
  /** As it follows "but". */
  readonly seen: TextsOf<Exclude<Finding, { readonly kind: 'nothing-in-time' | 'packets' }>>;
  readonly packets: PacketWords;
  /** The same when nothing came until the limit. */
  readonly nothing: Readonly<Record<Expectation['kind'], string>>;
  /** Milliseconds. */
  readonly within: (limitMs: number) => string;
  /** Whole sentences. */
  readonly hint: TextsOf<Advice>;
  /** What a program does, as it follows its name. */
  readonly doing: TextsOf<Doing>;
  /** What else is so with it, as it follows a comma. */
  readonly remark: TextsOf<Remark>;
  readonly ended: (role: string, end: ProgramStatus) => string;
  readonly deadlock: (deadlock: Deadlock) => string;
  readonly cause: (cause: Cause) => string;
  readonly attempts: AttemptWords;
  readonly list: (items: readonly string[]) => string;
  /** What stands between the name of a program and a remark. */
  readonly colon: string;
  /** In place of so many lines that came so many times more. */
  readonly repeated: (lines: number, times: number) => string;
  /** A whole sentence; the step counts from 1. */
  readonly sentence: (step: string, expected: string, seen: string) => string;
  readonly labels: Readonly<Record<ProblemLine['kind'], string>>;
}

/** Something about a failed step in addition to its sentence. */
export interface ProblemLine {
  readonly kind: 'also' | 'nearest' | 'cause' | 'programs' | 'network' | 'hint';
  readonly label: string;
  readonly text: string;
}

/** Makes text of data about a failed step, in one language. */
export interface FailureWords {
  /** What the step wanted, as it follows "expected". */
  readonly expected: (wanted: Expectation) => string;
  /** What was instead, as it follows "but". */
  readonly seen: (problem: Pick<StepProblem, 'expected' | 'seen' | 'limitMs'>) => string;
  /** What the user can do, in whole sentences. */
  readonly hint: (advice: Advice) => string;
  /**
   * What the programs were doing, one sentence without its stop for each that something is known of; two that wait for
   * each other have one together.
   */
  readonly situation: (evidence: Evidence, step?: StepContext) => string[];
  /** The same of one program alone; `names` are those of machines by address. Undefined when nothing is known. */
  readonly doing: (role: string, look: ProgramLook, names: Readonly<Record<string, string>>) => string | undefined;
  /** In place of so many lines that came so many times more. */
  readonly repeated: (lines: number, times: number) => string;
  /** The whole failure in one sentence. `number` of the step counts from 1. */
  readonly sentence: (number: number, problem: StepProblem) => string;
  /** What else is known, most useful first: the other programs, the nearest line, the cause, the programs, the network, a hint. */
  readonly lines: (problem: StepProblem) => ProblemLine[];
}

/** The words of a language, put together. */
export function failureWords(lexicon: FailureLexicon): FailureWords {
  const expected: FailureWords['expected'] = (wanted) =>
    wanted.kind === 'packets' ? lexicon.packets.wishes(wanted.wishes) : textOf(lexicon.expected, wanted);
  const hint: FailureWords['hint'] = (advice) => textOf(lexicon.hint, advice);
  const seen: FailureWords['seen'] = ({ expected: wanted, seen: finding, limitMs }) => {
    const within = limitMs === undefined ? '' : ` ${lexicon.within(limitMs)}`;
    if (finding.kind === 'packets') return lexicon.packets.found(finding.problems, within);
    return finding.kind === 'nothing-in-time' ? lexicon.nothing[wanted.kind] + within : textOf(lexicon.seen, finding);
  };
  const situation: FailureWords['situation'] = (evidence, step) => {
    const { deadlocks, programs } = situationOf(evidence, step);
    return [
      ...deadlocks.map(lexicon.deadlock),
      ...programs.map(({ role, activity }) => activityText(lexicon, role, activity)),
    ];
  };
  return {
    expected,
    hint,
    seen,
    situation,
    repeated: lexicon.repeated,
    doing: (role, look, names) => situation({ programs: [{ role, machine: '', look }], names })[0],
    sentence: (number, problem) => lexicon.sentence(String(number), expected(problem.expected), seen(problem)),
    lines: (problem) => {
      const { also = [], nearest, evidence, attempts = [], hint: advice } = problem;
      const line = (kind: ProblemLine['kind'], text: string): ProblemLine => ({
        kind,
        label: lexicon.labels[kind],
        text,
      });
      return [
        ...(also.length === 0 ? [] : [line('also', lexicon.list(briefNames(also)))]),
        ...(nearest === undefined ? [] : [line('nearest', nearest)]),
        ...(evidence?.cause === undefined ? [] : [line('cause', lexicon.cause(evidence.cause))]),
        ...(evidence === undefined ? [] : situation(evidence, problem).map((text) => line('programs', text))),
        ...attempts.map((attempt) => line('network', attemptSentence(attempt, lexicon.attempts))),
        ...(advice === undefined ? [] : [line('hint', hint(advice))]),
      ];
    },
  };
}

function activityText(lexicon: FailureLexicon, role: string, activity: Activity): string {
  if (activity.kind === 'ended') return lexicon.ended(role, activity.end);
  const doing = lexicon.list([...new Set(activity.doing.map((each) => textOf(lexicon.doing, each)))]);
  const remarks = activity.remarks.map((each) => textOf(lexicon.remark, each));
  return doing === '' ? `${role}${lexicon.colon} ${remarks.join(', ')}` : [`${role} ${doing}`, ...remarks].join(', ');
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

/** Signals by which a program ends because of what it did itself. */
const crashSignals = ['ABRT', 'BUS', 'FPE', 'ILL', 'PIPE', 'SEGV'] as const;

/** The signal of a crash; undefined for any other end. */
export function crashedBy({ signal }: ProgramStatus): (typeof crashSignals)[number] | undefined {
  return crashSignals.find((crash) => crash === signal);
}

/** `one, two and three`. */
export function joined(items: readonly string[], and: string): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} ${and} ${items.at(-1)}`;
}

/** Milliseconds, rounded up to whole seconds. */
export function wholeSeconds(ms: number): number {
  return Math.ceil(ms / 1000) * 1000;
}
