import { scriptFile } from '../core/files/script-file.ts';
import { TimeoutError } from '../core/errors.ts';
import { afterAwake } from '../core/time/awake-clock.ts';
import { inTime } from '../core/time/time-limit.ts';
import { Wake } from '../core/time/wake.ts';
import type { OutsideProcess, Shell } from '../ssh/shell.ts';
import { classify } from './classify.ts';
import { readFacts } from './facts.ts';
import type { Observer } from './observer.ts';
import { say } from '../core/language/say.ts';

const startScript = scriptFile(new URL('look.sh', import.meta.url));
const lookProgram = scriptFile(new URL('look.pl', import.meta.url));

/** An answer takes milliseconds, and seconds on an emulated machine that is busy; this is for one that hangs. */
const ANSWER_MS = 10_000;
/** What a machine may answer. Bytes; a program with twenty threads takes 34,000. */
const MOST_ANSWERED = 1024 * 1024;
/** How often it is started again when something on the machine ended it. */
const MOST_STARTS = 3;
const END_OF_ANSWER = '\nend\n';
const BEGINNING = 'end\n';
/** How long the first questions wait for a process that begins. */
const BEGIN_MS = 3000;
/** How long one may take to end. */
const END_MS = 1000;

/** An observer that is closed when it is needed no more. */
export type OpenObserver = Observer & AsyncDisposable;

/**
 * Watches the programs of one machine: from outside where it is seen from there. Else, with `resident`, a process on the
 * machine answers, from now on: a question then takes a millisecond or two instead of a login, sudo and the start of
 * Perl. It takes one of the sessions of the Shell.
 */
export function observe(shell: Shell, { resident }: { readonly resident: boolean }): OpenObserver {
  const { outside } = shell;
  const ask =
    outside !== undefined
      ? new Resident(async () => outside.start(lookProgram()))
      : resident
        ? new Resident(() => startWithin(shell))
        : new OneShot(shell);
  return {
    async look(pids, { stableMs = 0, only = 'all', signal }) {
      signal.throwIfAborted();
      if (pids.length === 0) return new Map();
      const answer = await ask.answer(`look ${stableMs} ${only} ${pids.join(' ')}\n`, signal);
      if (answer === undefined) return new Map();
      const facts = readFacts(answer);
      return new Map(
        pids.flatMap((pid) => {
          const look = classify(facts, pid);
          return look === undefined ? [] : [[pid, look] as const];
        }),
      );
    },
    [Symbol.asyncDispose]: () => ask.close(),
  };
}

function noAnswer(): Error {
  return new TimeoutError(say`it did not answer`, { code: 'no-answer' });
}

function startCommand(): { readonly script: string } {
  return { script: startScript() };
}

function firstInput(): string {
  return `${lookProgram()}\n__END__\n`;
}

/** Starts the process anew for each question. */
class OneShot {
  readonly #shell: Shell;

  constructor(shell: Shell) {
    this.#shell = shell;
  }

  async answer(question: string, signal: AbortSignal): Promise<string | undefined> {
    try {
      const input = firstInput() + question;
      const { stdout } = await this.#shell.exec(startCommand(), {
        input,
        signal,
        timeoutMs: ANSWER_MS,
        endsByItself: true,
      });
      return stdout.endsWith(END_OF_ANSWER) ? stdout : undefined;
    } catch {
      signal.throwIfAborted();
      return undefined;
    }
  }

  async close(): Promise<void> {
    // Nothing runs between two questions.
  }
}

/** What answers, until its input ends. */
type Answerer = Pick<OutsideProcess, 'output' | 'write' | 'end'>;

async function startWithin(shell: Shell): Promise<Answerer> {
  const process = await shell.start(startCommand());
  process.exit.catch(() => undefined);
  process.write(firstInput()).catch(() => undefined);
  void ignoreErrors(process.errors);
  return process;
}

async function ignoreErrors(errors: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const _ of errors);
  } catch {
    // The end of the connection is the end of this.
  }
}

/**
 * A process that stays, on the machine or outside of it. Questions are answered one after the other. Where it takes long to begin (sudo
 * looks for names that no server answers), it is known of no program what it does until it has.
 */
class Resident {
  readonly #start: () => Promise<Answerer>;
  readonly #isLate: Promise<undefined>;
  readonly #callOff: () => void;
  #conversation: Promise<Conversation | undefined> | undefined;
  #starts = 0;
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(start: () => Promise<Answerer>) {
    this.#start = start;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#isLate = promise;
    this.#callOff = afterAwake(BEGIN_MS, () => resolve(undefined));
    void this.#running();
  }

  answer(question: string, signal: AbortSignal): Promise<string | undefined> {
    const turn = this.#last.then(() => this.#ask(question, signal));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#callOff();
    const ended = this.#conversation?.then((conversation) => conversation?.end());
    // What has not begun yet ends with the connection, which must not have to end what is about to go by itself.
    await inTime(Promise.resolve(ended), { limitMs: END_MS, late: noAnswer }).catch(() => undefined);
  }

  async #ask(question: string, signal: AbortSignal): Promise<string | undefined> {
    const conversation = await Promise.race([this.#running(), this.#isLate]);
    let answer: string | undefined;
    try {
      answer = await conversation?.ask(question, signal);
    } finally {
      // What has not answered whole is not asked again: the next question begins with a new process.
      if (answer === undefined && conversation !== undefined) {
        this.#conversation = undefined;
        void conversation.end();
      }
    }
    return answer;
  }

  #running(): Promise<Conversation | undefined> {
    if (this.#conversation === undefined && this.#starts < MOST_STARTS && !this.#isClosed) {
      this.#starts++;
      // A Shell that is lost is told by those who need it.
      this.#conversation = this.#start().then(
        (process) => new Conversation(process).begun(),
        () => undefined,
      );
    }
    return this.#conversation ?? Promise.resolve(undefined);
  }
}

class Conversation {
  readonly #process: Answerer;
  #heard = '';
  #isOver = false;
  readonly #news = new Wake();
  /** Resolves when it says no more. */
  readonly #silence: Promise<void>;

  constructor(process: Answerer) {
    this.#process = process;
    this.#silence = this.#listen();
  }

  /** Itself, when it can be asked; undefined when it ended before. */
  async begun(): Promise<this | undefined> {
    while (!this.#isOver && this.#heard !== BEGINNING) await this.#news.next();
    this.#heard = '';
    return this.#isOver ? undefined : this;
  }

  /** Undefined when there is no whole answer. @throws the reason of `signal`. */
  async ask(question: string, signal: AbortSignal): Promise<string | undefined> {
    try {
      return await inTime(this.#answerTo(question), { limitMs: ANSWER_MS, late: noAnswer, signal });
    } catch {
      signal.throwIfAborted();
      return undefined;
    }
  }

  async #answerTo(question: string): Promise<string | undefined> {
    await this.#process.write(question);
    while (!this.#isOver && !this.#heard.endsWith(END_OF_ANSWER)) await this.#news.next();
    const answer = this.#heard;
    this.#heard = '';
    return answer.endsWith(END_OF_ANSWER) ? answer : undefined;
  }

  /** It ends by itself at the end of its input. Resolves when it has. */
  async end(): Promise<void> {
    this.#process.end();
    await this.#silence;
  }

  async #listen(): Promise<void> {
    try {
      for await (const chunk of this.#process.output) {
        // Letters, digits and what proc(5) has beside them: no character is cut that matters.
        this.#heard += Buffer.from(chunk).toString('latin1');
        if (this.#heard.length > MOST_ANSWERED) break;
        this.#news.notify();
      }
    } catch {
      // The end of the connection is the end of this.
    }
    this.#isOver = true;
    this.#news.notify();
  }
}
