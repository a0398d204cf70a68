import { timestamp } from '../core/events.ts';
import type { Pattern } from '../lab/types.ts';
import { SideBySide } from '../report/terminals/side-by-side.ts';
import { findPattern } from '../lab/pattern.ts';
import type { UserTerminal } from '../session/context.ts';
import { KeyQueue } from './key-queue.ts';
import { drawScreen } from './own-screen.ts';
import type { Seat } from './seat.ts';
import { LEAVE_KEY } from './leave-key.ts';

/** A role at the desk. */
export interface DeskRole {
  readonly role: string;
  readonly machine: string;
  readonly prompt: Pattern | undefined;
}

/** In addition to the leave key, the one that goes to no program: "other", as in tmux(1). */
const OTHER_KEY = 0x0f;
const TAB_KEY = 0x09;
/** What was typed before the terminal was ours ends with a line feed. */
const enterKeys: ReadonlySet<number | undefined> = new Set([0x0d, 0x0a]);
const KEYS_HELP = 'Ctrl-O: the other side   Ctrl-]: end';

const FRAME_MS = 40;

/**
 * A desk with several terminals for one user: they stand next to each other on the screen, and the keyboard belongs to
 * one of them. When another asks for a line while the one in use does not, it changes by itself: a user who speaks in
 * turns never has to switch. What is typed before a program asks waits until one does.
 */
export class SplitDesk {
  readonly #terminal: UserTerminal;
  readonly #roles: readonly DeskRole[];
  readonly #picture: SideBySide;
  readonly #keys: ReadonlyMap<string, KeyQueue>;
  readonly #live = new Set<string>();
  /** Roles whose prompt shows, and that have got no line since. */
  readonly #asking = new Set<string>();
  /** What was typed and no program has asked for yet. */
  #held: Uint8Array[] = [];
  /** The user chose the side: it gets what is typed, whether or not it asks. */
  #isChosen = false;
  readonly #leave: () => void;
  #focus: string;
  #isDirty = true;
  #frames: NodeJS.Timeout | undefined;

  /** @param leave Called when the user has had enough. */
  constructor(terminal: UserTerminal, roles: readonly DeskRole[], leave: () => void) {
    this.#terminal = terminal;
    this.#roles = roles;
    this.#picture = new SideBySide(roles);
    this.#keys = new Map(roles.map(({ role }) => [role, new KeyQueue()]));
    this.#leave = leave;
    this.#focus = roles[0]!.role;
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
  }

  close(): void {
    const { stdin } = this.#terminal;
    clearInterval(this.#frames);
    stdin.off('data', this.#onKeys).off('end', this.#leave).pause();
    for (const queue of this.#keys.values()) queue.end();
  }

  #seat(role: string): Seat {
    const { columns = 80, rows = 24 } = this.#terminal.stdout;
    const size = { columns: Math.max(20, Math.floor((columns - 3) / this.#roles.length)), rows: Math.max(5, rows - 4) };
    return {
      operator: { input: this.#keys.get(role)!, size },
      begin: () => {
        this.#live.add(role);
        this.#picture.take({ at: timestamp(), kind: 'terminal-opened', role, machine: '', command: [], ...size });
        this.#changed();
      },
      show: async (data) => {
        this.#picture.take({ at: timestamp(), kind: 'terminal-output', role, data });
        this.#follow(role);
        this.#changed();
      },
      end: () => {
        this.#live.delete(role);
        this.#asking.delete(role);
        if (this.#focus === role) this.#other();
        this.#changed();
      },
      tell: () => undefined,
      leave: async () => undefined,
    };
  }

  readonly #onKeys = (keys: Uint8Array): void => {
    if (keys.includes(LEAVE_KEY)) return this.#leave();
    if (keys.includes(OTHER_KEY)) {
      this.#other();
      this.#isChosen = true;
    } else this.#held.push(...linesOf(keys));
    this.#handOut();
    return this.#changed();
  };

  /** Gives the side in use what waits, a line at a time. */
  #handOut(): void {
    for (let keys = this.#held[0]; keys !== undefined && this.#takes(keys); keys = this.#held[0]) {
      this.#held.shift();
      this.#keys.get(this.#focus)?.push(keys);
      if (!enterKeys.has(keys.at(-1))) continue;
      this.#asking.delete(this.#focus);
      this.#isChosen = false;
    }
  }

  /** A side without a prompt takes everything; keys such as ^C are never held back. */
  #takes(keys: Uint8Array): boolean {
    const hasPrompt = this.#roles.some(({ role, prompt }) => role === this.#focus && prompt !== undefined);
    return (
      !hasPrompt ||
      this.#isChosen ||
      this.#asking.has(this.#focus) ||
      (keys[0]! < 0x20 && !enterKeys.has(keys[0]) && keys[0] !== TAB_KEY)
    );
  }

  /** Goes to the next side that runs. */
  #other(): void {
    const names = this.#roles.map(({ role }) => role);
    const at = names.indexOf(this.#focus);
    this.#focus = [...names.slice(at + 1), ...names.slice(0, at)].find((role) => this.#live.has(role)) ?? this.#focus;
  }

  /** Goes to a side that asks for a line, unless the one in use does. */
  #follow(role: string): void {
    const prompt = this.#roles.find((each) => each.role === role)?.prompt;
    if (prompt === undefined || !isPrompt(prompt, this.#picture.currentLine(role))) return;
    this.#asking.add(role);
    if (!this.#asking.has(this.#focus) && !this.#isChosen) this.#focus = role;
    this.#handOut();
  }

  #changed(): void {
    this.#isDirty = true;
  }

  #draw(): void {
    if (!this.#isDirty) return;
    this.#isDirty = false;
    const { columns = 80, rows = 24 } = this.#terminal.stdout;
    const lines = this.#picture.picture({ columns, rows: rows - 2, focus: this.#focus });
    // A screen that went away is an end of the session, which the keyboard tells.
    void drawScreen(this.#terminal, lines, KEYS_HELP.slice(0, columns - 1)).catch(() => undefined);
  }
}

/** Whether a line is a prompt behind which nothing is typed yet. */
export function isPrompt(prompt: Pattern, line: string): boolean {
  const match = findPattern(prompt, line, 0);
  return match !== undefined && line.slice(match.end).trim() === '';
}

/** Keys in pieces that each end with Enter, but for the last. */
function linesOf(keys: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let start = 0; start < keys.length;) {
    const end = keys.subarray(start).findIndex((key) => enterKeys.has(key));
    const next = end === -1 ? keys.length : start + end + 1;
    lines.push(keys.subarray(start, next));
    start = next;
  }
  return lines;
}
