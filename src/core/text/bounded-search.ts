import { constants, createContext, Script, type Context } from 'node:vm';
import { UsageError, messageOf, systemCode } from '../errors.ts';
import { formatDuration } from './amounts.ts';
import { say } from '../language/say.ts';

/** What one search may take; an ordinary one takes less than a millisecond. */
const LIMIT_MS = 800;
/**
 * Without so much work of this thread in that time, the process was stopped or got no processor, and the search is
 * tried again with more time.
 */
const LEAST_WORK_MS = 200;

/**
 * A regular expression of the user cannot be searched for in a text: it tries too many ways to match. Exit code 2: the
 * lab file is to be changed.
 */
export class SlowPatternError extends UsageError {
  /** UTF-16 units of the text. */
  readonly textLength: number;

  constructor({
    regex,
    textLength,
    line,
    cause,
  }: {
    readonly regex: RegExp;
    readonly textLength: number;
    readonly line: number | undefined;
    readonly cause: unknown;
  }) {
    const place = line === undefined ? '' : say` of line ${line} of the lab file`;
    const reason = isTimeout(cause)
      ? say`was not done after ${formatDuration(LIMIT_MS)}`
      : say`failed (${messageOf(cause)})`;
    super(
      say`the pattern ${shown(regex)}${place} tries too many ways to match: its search in ${textLength} characters ${reason}`,
      {
        code: 'slow-pattern',
        hint: say`A repetition inside a repetition, as in (a+)+, or several .* in a row make it so: write it simpler, or wait for plain text.`,
        data: { pattern: String(regex), textLength, ...(line === undefined ? {} : { line }) },
        cause,
      },
    );
    this.textLength = textLength;
  }
}

/** A pattern as its author knows it, for the message. */
export interface PatternOrigin {
  /** What `regex` was made from. Default: itself. */
  readonly written?: RegExp | undefined;
  /** Its line in the lab file. */
  readonly line?: number | undefined;
}

interface Bench {
  readonly context: Context;
  readonly script: Script;
}

/** Made when it is first needed: most labs wait for plain text only. */
let bench: Bench | undefined;

/**
 * `regex.exec(text)`, and an end to it. V8 backtracks, so a pattern such as `/^(a+)+$/` takes longer than the universe
 * on a line that nearly matches, and no timer and no signal gets through meanwhile. It does look for interrupts while
 * it backtracks, and so stops at the time limit of a `vm.Script`. That costs 0.15 ms a search, holds for every pattern
 * (look-around, back-references, all flags), and needs no list of which patterns are dangerous.
 *
 * @throws {SlowPatternError}
 */
export function boundedSearch(
  regex: RegExp,
  text: string,
  { written = regex, line }: PatternOrigin = {},
): RegExpExecArray | null {
  const from = regex.lastIndex;
  for (let limitMs = LIMIT_MS; ; limitMs *= 2) {
    const started = process.threadCpuUsage();
    try {
      return limitedExec(regex, text, limitMs);
    } catch (cause) {
      const { user, system } = process.threadCpuUsage(started);
      const wasHeldUp = isTimeout(cause) && (user + system) / 1000 < LEAST_WORK_MS;
      if (!wasHeldUp) throw new SlowPatternError({ regex: written, textLength: text.length, line, cause });
      regex.lastIndex = from;
    }
  }
}

function limitedExec(regex: RegExp, text: string, limitMs: number): RegExpExecArray | null {
  // A context of its own, so that nothing is put among the global names of this one; without interceptors, which would
  // cost more than the search.
  bench ??= { context: createContext(constants.DONT_CONTEXTIFY), script: new Script('search()') };
  const { context, script } = bench;
  context['search'] = () => regex.exec(text);
  try {
    return script.runInContext(context, { timeout: limitMs }) as RegExpExecArray | null;
  } finally {
    // The text is not kept alive.
    context['search'] = undefined;
  }
}

function isTimeout(cause: unknown): boolean {
  return systemCode(cause) === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
}

function shown(regex: RegExp): string {
  const written = String(regex);
  return written.length > 100 ? `${written.slice(0, 99)}…` : written;
}
