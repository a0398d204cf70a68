import type { HeldSocket, ProgramLook, WaitKind } from '../../core/program-look.ts';
import { awakeNow } from '../../core/time/awake-clock.ts';

/** How often it is looked whether a wait is in vain, and how long nothing may have happened before that. */
const INTERVAL_MS = 250;
/** A program that waits for one of these goes on only when somebody outside of it does something. */
const outside: ReadonlySet<WaitKind> = new Set<WaitKind>(['keyboard', 'accept', 'receive', 'lock', 'child', 'pipe']);

/** A program of the play. */
interface Watched {
  /** Undefined while it runs. */
  readonly status: object | undefined;
  /** Milliseconds since something happened at its terminal. */
  readonly idleMs: number;
}

/** What is asked of the play. */
interface WatchedPlay<T extends Watched> {
  /** All programs that were started. */
  readonly opened: readonly T[];
  /** Keyboards that users hold. */
  readonly keyboards: ReadonlyMap<string, unknown>;
  /** Whether it ended as no step asks for. */
  hasFailed(program: T): boolean;
  lookAt(programs: readonly T[], options: { readonly stableMs: number }): Promise<ReadonlyMap<T, ProgramLook>>;
}

/**
 * Notices that what a step waits for can no longer come: a program has ended, and all others wait, without a time limit,
 * for something that nobody is left to do. Two looks in a row must say so. Users at keyboards may always do something.
 */
export class VainWatch<T extends Watched> {
  readonly #play: WatchedPlay<T>;
  #nextAt = awakeNow() + INTERVAL_MS;
  #times = 0;

  constructor(play: WatchedPlay<T>) {
    this.#play = play;
  }

  async isInVain(): Promise<boolean> {
    if (awakeNow() < this.#nextAt || !this.#mayBe()) return false;
    const looks = await this.#play.lookAt(this.#running(), { stableMs: 20 });
    this.#times = this.#running().every((program) => standsStill(looks.get(program))) ? this.#times + 1 : 0;
    this.#nextAt = awakeNow() + INTERVAL_MS;
    return this.#times >= 2;
  }

  #running(): readonly T[] {
    return this.#play.opened.filter(({ status }) => status === undefined);
  }

  /** What is known without asking the machines. */
  #mayBe(): boolean {
    const { opened, keyboards } = this.#play;
    if (keyboards.size > 0 || opened.some(({ idleMs }) => idleMs < INTERVAL_MS)) return false;
    const ended = opened.filter(({ status }) => status !== undefined);
    if (ended.length === 0) return false;
    return ended.some((program) => this.#play.hasFailed(program)) || ended.length >= opened.length - 1;
  }
}

function standsStill(look: ProgramLook | undefined): boolean {
  if (look === undefined || look.isTimed === true || look.waits.length === 0) return false;
  return look.waits.every((wait) => outside.has(wait)) && look.typedUnread === 0 && look.sockets.every(isAtRest);
}

/** Nothing has come that the program could still take, and nothing of it is on its way. */
function isAtRest({ isWaitedFor, unread, unsent }: HeldSocket): boolean {
  return unsent === 0 && (unread === 0 || !isWaitedFor);
}
