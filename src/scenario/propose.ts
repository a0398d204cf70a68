import { type EventHandlers, type EventOf, handleEvent } from '../core/event-listeners.ts';
import type { Event } from '../core/events.ts';
import { LineFold } from '../report/terminals/role-lines.ts';
import { keysOf } from './reading/keys.ts';
import type { RecordedAction } from './recorded-action.ts';
import { stepOfAction, type StepData } from './step-data.ts';

/** Application cursor keys, and the alternate screen, which go on or off. */
const SCREEN_MODE = /\x1b\[\?(?:1|47|1047|1049)([hl])/g;
/** A key: an escape sequence, or one character. */
const KEY = /\x1b(?:\[[\d;?<]*[ -/]*[@-~]|O.|.)|[^]/gsu;
const nothingTyped = { typed: '', keys: '', hasOtherKeys: false, isEchoed: false, isHidden: false };

/** A line longer than this is expected by its beginning. */
const LONGEST_EXPECTED = 120;

interface RoleState {
  /** What was typed since the last Enter, as line editing left it. */
  typed: string;
  /** All keys since the last Enter, as they came. */
  keys: string;
  /** Keys among them that are no part of a line: arrows, function keys. */
  hasOtherKeys: boolean;
  /** The terminal, or the program, has shown what was typed: a line is being written. */
  isEchoed: boolean;
  /** The terminal does not echo it: a mask stands for what was typed. */
  isHidden: boolean;
  /** Its program reads single keys, or draws on the screen. */
  readsKeys: boolean;
  /** Lines that were typed and will come back as echo. */
  readonly echoes: string[];
  /** The last line with words in it, since the user last did something. */
  shown: string | undefined;
}

/** A line that a user typed, without Enter. */
export interface TypedLine {
  readonly role: string;
  readonly line: string;
}

/** A scenario of what was done. */
export interface Proposal {
  readonly steps: readonly StepData[];
  /** How many lines it sends. */
  readonly sends: number;
  /** Lines that were typed and that no program has read; no step sends them. */
  readonly unread: readonly TypedLine[];
  /** Roles at which a line was typed unseen (a password): the step that sends it has a mask in its place. */
  readonly hidden: readonly string[];
}

/**
 * Makes a scenario of what users did at the terminals of programs: each line typed becomes a `send`, keys that were no
 * line a `press`, what the programs then showed an `expect` for the last line of each terminal, each end an `exit`. It is a proposal, for a person to
 * look at: where a machine cannot know that something differs the next time, it is expected as it was.
 */
export class ScenarioProposal {
  readonly #lines = new LineFold();
  readonly #roles = new Map<string, RoleState>();
  readonly #steps: StepData[] = [];
  /** What was typed, in order. */
  readonly #typed: (TypedLine & { readonly step: StepData })[] = [];
  /** Roles at which something was typed unseen. */
  readonly #hidden = new Set<string>();
  /** Numbers that mean the same each time: ports of the lab, what was typed. */
  readonly #known: Set<string>;
  readonly #isPrompt: (role: string, line: string) => boolean;
  #lastAction: RecordedAction | undefined;
  #isOver = false;

  /**
   * @param known Numbers of the lab file, as they are written.
   * @param isPrompt Whether a line is nothing but the prompt of a role.
   */
  constructor(known: Iterable<string>, isPrompt: (role: string, line: string) => boolean) {
    this.#known = new Set(known);
    this.#isPrompt = isPrompt;
  }

  readonly #handlers: EventHandlers<void> = {
    'terminal-opened': ({ role }) => void this.#act({ kind: 'opened', role }),
    'terminal-input': (event) => this.#type(event),
    'terminal-output': (event) => this.#noteScreen(event),
    'program-exited': (event) => this.#exit(event),
  };

  /**
   * Whether the program of a role reads single keys, as its machine shows it. Until this is called, it does while it
   * draws on its screen; of other programs only keys that end up in no line are known to be none.
   */
  noteEntry(role: string, readsKeys: boolean): void {
    const state = this.#role(role);
    if (state.readsKeys && !readsKeys) this.#press(role, state);
    state.readsKeys = readsKeys;
  }

  /** Takes the events of the session, in order. */
  take(event: Event): void {
    if (this.#isOver) return;
    for (const { role, lines } of this.#lines.take(event)) for (const line of lines) this.#show(role, line);
    handleEvent(this.#handlers, event);
  }

  /** What happens from now on is not the user's doing: lab ends the programs. */
  finish(): void {
    this.#isOver = true;
  }

  /**
   * The steps so far.
   *
   * @param unread By role: how many of the lines typed last no program has read. A scenario that sends them would wait
   *   for a program that does not ask; they are left out.
   */
  proposed(unread: ReadonlyMap<string, number>): Proposal {
    const sent = [...Map.groupBy(this.#typed, ({ role }) => role)].flatMap(([role, lines]) =>
      lines.slice(0, lines.length - Math.min(lines.length, unread.get(role) ?? 0)),
    );
    const unsent = this.#typed.filter((line) => !sent.includes(line));
    const left = new Set(unsent.map(({ step }) => step));
    return {
      steps: [...this.#steps.filter((step) => !left.has(step)), ...this.#expectations()],
      sends: sent.length,
      unread: unsent.map(({ role, line }) => ({ role, line })),
      hidden: [...this.#hidden],
    };
  }

  #role(role: string): RoleState {
    const known = this.#roles.get(role) ?? { ...nothingTyped, readsKeys: false, echoes: [], shown: undefined };
    this.#roles.set(role, known);
    return known;
  }

  #show(role: string, line: string): void {
    const state = this.#role(role);
    const text = line.trim();
    if (state.echoes.length > 0 && text.endsWith(state.echoes[0]!.trim())) state.echoes.shift();
    else if (text !== '' && !this.#isPrompt(role, line)) {
      // A line editor reads single keys too, but shows them: they become a line.
      this.#pressAll(({ readsKeys, isEchoed }) => readsKeys && !isEchoed);
      state.shown = text;
    }
  }

  #noteScreen({ role, data }: EventOf<'terminal-output'>): void {
    const state = this.#role(role);
    for (const [, onOrOff] of data.matchAll(SCREEN_MODE)) this.noteEntry(role, onOrOff === 'h');
    if (state.typed !== '' && this.#lines.currentLine(role).endsWith(state.typed)) state.isEchoed = true;
  }

  /** What was typed at the roles that are meant were keys. */
  #pressAll(isMeant: (state: RoleState, role: string) => boolean): void {
    for (const [role, state] of this.#roles) if (isMeant(state, role)) this.#press(role, state);
  }

  #press(role: string, state: RoleState): void {
    const typed = state.keys;
    Object.assign(state, nothingTyped);
    const keys = keysOf(typed);
    if (keys.length > 0) this.#act({ kind: 'pressed', role, keys });
  }

  /** Something was done: what had been shown before it is expected first. Gives the step that does it. */
  #act(action: RecordedAction): StepData {
    const step = stepOfAction(action);
    this.#steps.push(...this.#expectations(), step);
    this.#lastAction = action;
    for (const state of this.#roles.values()) state.shown = undefined;
    return step;
  }

  #expectations(): StepData[] {
    return [...this.#roles].flatMap(([role, { shown }]) =>
      shown === undefined ? [] : [stepOfAction({ kind: 'shown', role, text: expectedText(shown, this.#known) })],
    );
  }

  /** Keys as the line editing of a terminal takes them (termios(3)). */
  #type({ role, data, isHidden }: EventOf<'terminal-input'>): void {
    const state = this.#role(role);
    if (isHidden) state.isHidden = true;
    this.#pressAll(({ readsKeys }, other) => readsKeys && other !== role);
    for (const key of data.match(KEY) ?? []) {
      if (key === '\x03') this.#interrupt(role, state);
      else if (key === '\x04' && state.keys === '' && !state.readsKeys) this.#act({ kind: 'input-ended', role });
      else this.#edit(role, state, key);
    }
  }

  #edit(role: string, state: RoleState, key: string): void {
    state.keys += key;
    if (key === '\r' || key === '\n') this.#enter(role, state);
    else if (key === '\x7f' || key === '\b') state.typed = state.typed.replace(/.$/su, '');
    else if (key === '\x15') state.typed = '';
    else if (key === '\x17') state.typed = state.typed.replace(/\S+\s*$/, '');
    else if (key >= ' ' || (key === '\t' && !state.readsKeys)) state.typed += key;
    else if (keysOf(key).length > 0) state.hasOtherKeys = true;
  }

  #interrupt(role: string, state: RoleState): void {
    if (state.readsKeys) this.#press(role, state);
    Object.assign(state, nothingTyped);
    this.#act({ kind: 'interrupted', role });
  }

  #enter(role: string, state: RoleState): void {
    const { typed: line, hasOtherKeys, isEchoed, isHidden, keys } = state;
    const readsKeys = state.readsKeys && !isEchoed;
    // Enter alone is a line that is empty, or a key.
    if (hasOtherKeys || (readsKeys && (line === '' || keys !== `${line}\r`))) return this.#press(role, state);
    Object.assign(state, nothingTyped);
    for (const number of line.match(/\d+/g) ?? []) this.#known.add(number);
    this.#typed.push({ role, line, step: this.#act({ kind: 'typed', role, line }) });
    if (isHidden) this.#hidden.add(role);
    else state.echoes.push(line);
    return undefined;
  }

  #exit({ role, exitCode, signal }: EventOf<'program-exited'>): void {
    const end = exitCode ?? signal;
    if (end === undefined) return;
    // What was neither shown nor ended up in a line was read as keys.
    this.#pressAll((state, other) => state.readsKeys || (other === role && !state.isEchoed));
    const before = this.#expectations().length === 0 && this.#lastAction?.kind === 'ended' ? this.#lastAction.ends : {};
    // Ends with nothing between them are one step.
    if (Object.keys(before).length > 0) this.#steps.pop();
    this.#act({ kind: 'ended', ends: { ...before, [role]: end } });
  }
}

/**
 * Differs from run to run: times of day, dates, long numbers (ports that a system chooses, process IDs), memory
 * addresses.
 */
const VOLATILE =
  /\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\b|\b0x[\da-fA-F]{4,}\b|(?<![\d.])\d{4,}(?![\d.]*\d)/g;

/** The text of an `expect`: the line itself, or a regular expression that leaves open what differs from run to run. */
function expectedText(line: string, known: ReadonlySet<string>): string {
  const text = line.slice(0, LONGEST_EXPECTED).trimEnd();
  const open = [...text.matchAll(VOLATILE)].filter(([found]) => !known.has(found));
  const looksLikeRegex = /^\/.+\/[imsuv]*$/.test(text);
  if (open.length === 0 && !looksLikeRegex) return text;
  let at = 0;
  let source = '';
  for (const { 0: found, index } of open) {
    source += escapeRegex(text.slice(at, index)) + openPattern(found);
    at = index + found.length;
  }
  return `/${source}${escapeRegex(text.slice(at))}/`;
}

function openPattern(found: string): string {
  return found
    .replace(/^0x[\da-fA-F]+$/, String.raw`0x[\da-fA-F]+`)
    .replaceAll(/^\d+$|\d+(?=[:.-])|(?<=[:.-])\d+/g, String.raw`\d+`);
}

function escapeRegex(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}
