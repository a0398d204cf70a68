import type { ProgramLook } from '../core/program-look.ts';
import { asksForLine } from '../scenario/waiting/asks-for-line.ts';
import { HeldKeys, endsLine } from './held-keys.ts';

/** How long the echo of a line is waited for before a look at its program counts; a program may have turned it off. */
export const ECHO_MS = 300;
/** A program that its machine does not show so often in a row is taken for one of which nothing is known. */
const MOST_MISSES = 3;

/** A side at the desk. */
export interface RoutedSide {
  readonly role: string;
  readonly hasPrompt: boolean;
}

interface Side extends RoutedSide {
  isLive: boolean;
  /** `open`: what its program does now is not known yet; `untold`: its machine does not tell. */
  state: 'seen' | 'open' | 'untold';
  /** Its prompt shows, and it has got no line since. */
  isAsking: boolean;
  /** Something happened since the last look. */
  hasChanged: boolean;
  misses: number;
  /** Bytes of each line that it was given, Enter included; of the unfinished one too. */
  readonly given: number[];
  partBytes: number;
  /** When it was given a line last, and whether it has shown something since. */
  givenAtMs: number;
  hasAnswered: boolean;
  /** So many of the lines given last had not been read when it was looked at last. */
  unreadLines: number;
  look: ProgramLook | undefined;
}

/** What a look is about: of what was given to the program later, it knows nothing. */
export interface LookTicket {
  readonly role: string;
  readonly given: number;
}

/**
 * Decides which side gets what is typed. The machines say which program reads its keyboard; a side of which that is not
 * known gets everything, or with a prompt a line each time it shows. What no side reads is held, a line at a time, until
 * one does. A key that the user chose (`other`) goes where the user wants it.
 */
export class KeyRouter {
  readonly #sides: readonly Side[];
  readonly #give: (role: string, keys: Uint8Array) => void;
  readonly held = new HeldKeys();
  /** The user chose the side: it gets a line, whether or not it reads. */
  #isChosen = false;
  /** No side has got anything yet: the one that was started first comes first, however long it takes to read. */
  #isFresh = true;
  #focus: Side;

  constructor(sides: readonly RoutedSide[], give: (role: string, keys: Uint8Array) => void) {
    this.#give = give;
    this.#sides = sides.map((side) => ({
      ...side,
      isLive: false,
      state: 'open',
      isAsking: false,
      hasChanged: true,
      misses: 0,
      given: [],
      partBytes: 0,
      givenAtMs: -Infinity,
      hasAnswered: false,
      unreadLines: 0,
      look: undefined,
    }));
    this.#focus = this.#sides[0]!;
  }

  /** The role that gets what is typed, as far as that is known. */
  get focus(): string {
    return this.#focus.role;
  }

  /** What each program did when it was looked at last, by role. */
  get looks(): ReadonlyMap<string, ProgramLook> {
    return new Map(this.#sides.flatMap(({ role, look }) => (look === undefined ? [] : [[role, look] as const])));
  }

  /** By role: how many of the lines given last its program had not read when it was looked at last. */
  get unread(): ReadonlyMap<string, number> {
    return new Map(this.#sides.map(({ role, unreadLines }) => [role, unreadLines]));
  }

  begin(role: string): void {
    const side = this.#side(role);
    side.isLive = true;
    this.#settle();
  }

  end(role: string): void {
    const side = this.#side(role);
    side.isLive = false;
    side.isAsking = false;
    if (side === this.#focus) this.#isChosen = false;
    this.#settle();
  }

  /** The program has shown something; `asks` when its prompt stands where the output ends. */
  shown(role: string, asks: boolean): void {
    const side = this.#side(role);
    side.hasChanged = true;
    side.hasAnswered = true;
    side.isAsking = asks;
    this.#settle();
  }

  /** Takes what was typed. */
  press(keys: Uint8Array): void {
    for (const signal of this.held.add(keys)) this.#give(this.#focus.role, signal);
    this.#settle();
    this.held.edit();
  }

  /** The user wants the next side that runs. */
  other(): void {
    const at = this.#sides.indexOf(this.#focus);
    const next = [...this.#sides.slice(at + 1), ...this.#sides.slice(0, at)].find(({ isLive }) => isLive);
    this.#focus = next ?? this.#focus;
    this.#isChosen = true;
    this.#settle();
  }

  /** The programs of which it has to be asked what they do now. */
  questions(nowMs: number): LookTicket[] {
    const isFirst = this.#focus === this.#sides.find(({ isLive }) => isLive);
    const isClear = isReading(this.#focus) && !this.#focus.hasChanged && (isFirst || !this.#isFresh);
    return this.#sides
      .filter((side) => side.isLive && (side.hasAnswered || nowMs - side.givenAtMs >= ECHO_MS))
      .filter((side) => side.unreadLines > 0 || (!isClear && (!isReading(side) || side.hasChanged)))
      .map(({ role, given }) => ({ role, given: given.length }));
  }

  /** A program that runs has shown nothing since it was given a line: the line may not even have reached its machine. */
  get awaitsEcho(): boolean {
    return this.#sides.some(({ isLive, given, hasAnswered }) => isLive && given.length > 0 && !hasAnswered);
  }

  /** All programs that run. */
  everyone(): LookTicket[] {
    return this.#sides.filter(({ isLive }) => isLive).map(({ role, given }) => ({ role, given: given.length }));
  }

  /** The answer; undefined when the machine does not show it. */
  answered({ role, given }: LookTicket, look: ProgramLook | undefined): void {
    const side = this.#side(role);
    if (!side.isLive || given !== side.given.length) return;
    if (look === undefined) {
      if (++side.misses >= MOST_MISSES) side.state = 'untold';
      return this.#settle();
    }
    side.misses = 0;
    side.look = look;
    side.hasChanged = false;
    side.unreadLines = linesIn(look.typedUnread, side.given);
    side.state = 'seen';
    this.#settle();
  }

  #side(role: string): Side {
    return this.#sides.find((side) => side.role === role)!;
  }

  /** Goes to a side that takes what is typed, unless the one in use does; and gives what was held. */
  #settle(): void {
    for (;;) {
      // What a program does with the line that it has just got decides whose turn it is.
      const isOpen = this.#focus.isLive && this.#focus.state === 'open';
      if ((!this.#isTaking && !isOpen) || (this.#isFresh && !this.#isChosen)) {
        const ready = this.#known().filter(takes);
        const live = this.#focus.isLive ? this.#focus : this.#sides.find(({ isLive }) => isLive);
        this.#focus = ready.find(({ isAsking }) => isAsking) ?? ready[0] ?? live ?? this.#focus;
      }
      if (!this.#isTaking) return;
      const keys = this.held.next();
      if (keys === undefined) return;
      this.#hand(this.#focus, keys);
    }
  }

  /** The sides that may get something now: at first, none behind one of which it is not known yet whether it reads. */
  #known(): readonly Side[] {
    const open = this.#sides.findIndex(({ isLive, state }) => isLive && state === 'open');
    return this.#isFresh && open !== -1 ? this.#sides.slice(0, open) : this.#sides;
  }

  /** The side in use takes what is typed. */
  get #isTaking(): boolean {
    return this.#focus.isLive && (this.#isChosen || takes(this.#focus));
  }

  #hand(side: Side, keys: Uint8Array): void {
    this.#give(side.role, keys);
    this.#isFresh = false;
    side.hasChanged = true;
    side.partBytes += keys.length;
    if (!endsLine(keys)) return;
    side.given.push(side.partBytes);
    side.partBytes = 0;
    side.givenAtMs = performance.now();
    side.hasAnswered = false;
    side.isAsking = false;
    this.#isChosen = false;
    if (side.state === 'seen') side.state = 'open';
  }
}

/** The machine says that the program reads its keyboard. */
function isReading(side: Side): boolean {
  return side.state === 'seen' && takes(side);
}

/** A prompt is asked for only where the machine does not tell: it may be wrong, or only one of several. */
function takes({ isLive, state, look, hasPrompt, isAsking }: Side): boolean {
  if (!isLive || state === 'open') return false;
  const isSeen = state === 'seen';
  const prompt = isSeen || !hasPrompt ? 'none' : isAsking ? 'shown' : 'missing';
  return asksForLine({ look: isSeen ? look : undefined, prompt, quietMs: Infinity, waitedMs: 0 });
}

/** How many of the last lines so many bytes are. */
function linesIn(bytes: number, lines: readonly number[]): number {
  let left = bytes;
  let count = 0;
  while (left > 0 && count < lines.length) left -= lines[lines.length - ++count]!;
  return count;
}
