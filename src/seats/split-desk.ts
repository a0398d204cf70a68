import { setTimeout as setTimeoutPromise } from 'node:timers/promises';
import { timestamp } from '../core/events.ts';
import { say } from '../core/language/say.ts';
import type { ProgramLook } from '../core/program-look.ts';
import { sanitizeToLine } from '../core/text/sanitize.ts';
import { type Attempt, retryUntil } from '../core/time/retry.ts';
import type { Pattern } from '../lab/types.ts';
import type { LookAtProgram } from '../scenario/playing/keyboard.ts';
import { languageOfUser } from '../report/language/languages.ts';
import { SideBySide } from '../report/terminals/side-by-side.ts';
import { findPattern } from '../lab/pattern.ts';
import type { UserTerminal } from '../session/context.ts';
import { KeyQueue } from './key-queue.ts';
import { ECHO_MS, KeyRouter, type LookTicket } from './key-router.ts';
import { drawScreen, sizeOf } from './own-screen.ts';
import type { Seat } from './seat.ts';
import { LEAVE_KEY } from './leave-key.ts';

/** A role at the desk. */
export interface DeskRole {
  readonly role: string;
  readonly machine: string;
  readonly prompt: Pattern | undefined;
}

export interface DeskListeners {
  /** The user has had enough. */
  readonly leave: () => void;
  /** What the program of a role does now. */
  readonly looked: (role: string, look: ProgramLook) => void;
}

/** In addition to the leave key, the one that goes to no program: "other", as in tmux(1). */
const OTHER_KEY = 0x0f;
const KEYS_HELP = say`Ctrl-O: the other side   Ctrl-]: end`;
/** UTF-16 units of what was typed ahead that are shown: its end. */
const LONGEST_HELD = 30;

const FRAME_MS = 40;

/** How often the programs are looked at, as long as it is not known which of them reads its keyboard. */
const LOOK_MS = 100;
/** The last look may not keep the user at a machine that does not answer; a busy one does within seconds. */
const LAST_LOOK_MS = 5000;

/**
 * A desk with several terminals for one user: they stand next to each other on the screen, and the keyboard belongs to
 * one of them, the one whose program reads its keyboard: a user who speaks in turns never has to switch. What is typed
 * while none does is shown, and goes to the first that does.
 */
export class SplitDesk {
  readonly #terminal: UserTerminal;
  readonly #roles: readonly DeskRole[];
  readonly #picture: SideBySide;
  readonly #keys: ReadonlyMap<string, KeyQueue>;
  readonly #router: KeyRouter;
  readonly #lookAt = new Map<string, LookAtProgram>();
  readonly #leave: DeskListeners['leave'];
  readonly #looked: DeskListeners['looked'];
  #standstill: string | undefined;
  #isDirty = true;
  #frames: NodeJS.Timeout | undefined;
  #looks: NodeJS.Timeout | undefined;
  #isLooking = false;

  constructor(terminal: UserTerminal, roles: readonly DeskRole[], { leave, looked }: DeskListeners) {
    this.#terminal = terminal;
    this.#roles = roles;
    this.#picture = new SideBySide(roles);
    this.#keys = new Map(roles.map(({ role }) => [role, new KeyQueue()]));
    const sides = roles.map(({ role, prompt }) => ({ role, hasPrompt: prompt !== undefined }));
    this.#router = new KeyRouter(sides, (role, keys) => this.#keys.get(role)?.push(keys));
    this.#leave = leave;
    this.#looked = looked;
  }

  /** By role: how many of the lines typed last its program has not read. */
  get unread(): ReadonlyMap<string, number> {
    return this.#router.unread;
  }

  /** What was typed and given to no program, as a person reads it. */
  get held(): string {
    return this.#router.held.text;
  }

  /** By role: what its program did when it was looked at last. */
  get looks(): ReadonlyMap<string, ProgramLook> {
    return this.#router.looks;
  }

  /** By role. */
  seats(): ReadonlyMap<string, Seat> {
    return new Map(this.#roles.map(({ role }) => [role, this.#seat(role)]));
  }

  /** Takes the keyboard, and draws until it is closed. */
  open(): void {
    const { stdin } = this.#terminal;
    stdin.setRawMode?.(true);
    stdin.on('data', this.#onKeys).on('end', this.#leave);
    this.#frames = setInterval(() => this.#draw(), FRAME_MS);
    this.#looks = setInterval(() => void this.#look(), LOOK_MS);
  }

  close(): void {
    const { stdin } = this.#terminal;
    clearInterval(this.#frames);
    clearInterval(this.#looks);
    stdin.off('data', this.#onKeys).off('end', this.#leave).pause();
    for (const queue of this.#keys.values()) queue.end();
  }

  #seat(role: string): Seat {
    const { columns, rows } = sizeOf(this.#terminal);
    const size = { columns: Math.max(20, Math.floor((columns - 3) / this.#roles.length)), rows: Math.max(5, rows - 4) };
    return {
      operator: {
        input: this.#keys.get(role)!,
        size,
        begun: (look) => {
          this.#lookAt.set(role, look);
          this.#router.begin(role);
          this.#changed();
        },
      },
      begin: () => {
        this.#picture.take({ at: timestamp(), kind: 'terminal-opened', role, machine: '', command: [], ...size });
        this.#changed();
      },
      show: async (data) => {
        this.#picture.take({ at: timestamp(), kind: 'terminal-output', role, data });
        this.#router.shown(role, this.#showsPrompt(role));
        this.#changed();
      },
      end: () => {
        this.#router.end(role);
        this.#changed();
      },
      tell: ({ step, waitsFor }) => {
        this.#changed();
        // When all have been started, it is the user who is waited for.
        this.#standstill =
          step === undefined
            ? undefined
            : sanitizeToLine(say`lab waits for ${languageOfUser().failure.expected(waitsFor)}`);
      },
      leave: async () => undefined,
    };
  }

  readonly #onKeys = (keys: Uint8Array): void => {
    if (keys.includes(LEAVE_KEY)) return void this.#end();
    if (keys.includes(OTHER_KEY)) this.#router.other();
    else this.#router.press(keys);
    this.#changed();
  };

  #showsPrompt(role: string): boolean {
    const prompt = this.#roles.find((each) => each.role === role)?.prompt;
    return prompt !== undefined && isPrompt(prompt, this.#picture.currentLine(role));
  }

  /** The user has had enough: what the programs did then is what is known of them. */
  async #end(): Promise<void> {
    await Promise.race([this.#lookLast(), setTimeoutPromise(LAST_LOOK_MS)]);
    this.#leave();
  }

  /** What was typed may still be on its way to the machine: a look that overtakes it would find it read. */
  async #lookLast(): Promise<void> {
    const seats = this.#roles.filter(({ role }) => this.#lookAt.has(role));
    await Promise.all(seats.map(({ role }) => this.#keys.get(role)!.taken()));
    const look = (): Attempt<true> => (this.#router.awaitsEcho ? { seen: say`no echo` } : { value: true });
    await retryUntil(look, { what: say`the echo`, timeoutMs: ECHO_MS }).catch(() => undefined);
    await this.#ask(this.#router.everyone());
  }

  /** Asks the machines which program reads its keyboard, unless that is known. */
  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    await this.#ask(this.#router.questions(performance.now()));
    this.#isLooking = false;
  }

  async #ask(tickets: readonly LookTicket[]): Promise<void> {
    const answers = tickets.map(async (ticket) => {
      const look = await this.#lookAt
        .get(ticket.role)?.()
        .catch(() => undefined);
      if (look !== undefined) this.#looked(ticket.role, look);
      this.#router.answered(ticket, look);
      this.#isDirty = true;
    });
    await Promise.all(answers);
  }

  #changed(): void {
    this.#standstill = undefined;
    this.#isDirty = true;
  }

  #draw(): void {
    if (!this.#isDirty) return;
    this.#isDirty = false;
    const { columns, rows } = sizeOf(this.#terminal);
    const lines = this.#picture.picture({ columns, rows: rows - 2, focus: this.#router.focus });
    // A screen that went away is an end of the session, which the keyboard tells.
    void drawScreen(this.#terminal, lines, this.#bottom().slice(0, columns - 1)).catch(() => undefined);
  }

  #bottom(): string {
    const { text } = this.#router.held;
    if (text === '') return this.#standstill ?? KEYS_HELP;
    const shown = text.length > LONGEST_HELD ? `…${text.slice(-LONGEST_HELD)}` : text;
    return say`typed ahead: ${shown} (goes to the side that reads first)   ${KEYS_HELP}`;
  }
}

/** Whether a line is a prompt behind which nothing is typed yet. */
export function isPrompt(prompt: Pattern, line: string): boolean {
  const match = findPattern(prompt, line, 0);
  return match !== undefined && line.slice(match.end).trim() === '';
}
