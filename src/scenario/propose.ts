import { type EventHandlers, type EventOf, handleEvent } from '../core/event-listeners.ts';
import type { Event } from '../core/events.ts';
import { LineFold } from '../report/terminals/role-lines.ts';
import type { RecordedAction } from './recorded-action.ts';
import { stepOfAction, type StepData } from './step-data.ts';

/** A line longer than this is expected by its beginning. */
const LONGEST_EXPECTED = 120;

interface RoleState {
  /** What was typed since the last Enter. */
  typed: string;
  /** Lines that were typed and will come back as echo. */
  readonly echoes: string[];
  /** The last line with words in it, since the user last did something. */
  shown: string | undefined;
}

/**
 * Makes a scenario of what users did at the terminals of programs: each line typed becomes a `send`, what the programs
 * then showed an `expect` for the last line of each terminal, each end an `exit`. It is a proposal, for a person to
 * look at: where a machine cannot know that something differs the next time, it is expected as it was.
 */
export class ScenarioProposal {
  readonly #lines = new LineFold();
  readonly #roles = new Map<string, RoleState>();
  readonly #steps: StepData[] = [];
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
    'terminal-opened': ({ role }) => this.#act({ kind: 'opened', role }),
    'terminal-input': (event) => this.#type(event),
    'program-exited': (event) => this.#exit(event),
  };

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

  /** The steps so far. */
  steps(): readonly StepData[] {
    return [...this.#steps, ...this.#expectations()];
  }

  #role(role: string): RoleState {
    const known = this.#roles.get(role) ?? { typed: '', echoes: [], shown: undefined };
    this.#roles.set(role, known);
    return known;
  }

  #show(role: string, line: string): void {
    const state = this.#role(role);
    const text = line.trim();
    if (state.echoes.length > 0 && text.endsWith(state.echoes[0]!.trim())) state.echoes.shift();
    else if (text !== '' && !this.#isPrompt(role, line)) state.shown = text;
  }

  /** Something was done: what had been shown before it is expected first. */
  #act(action: RecordedAction): void {
    this.#steps.push(...this.#expectations(), stepOfAction(action));
    this.#lastAction = action;
    for (const state of this.#roles.values()) state.shown = undefined;
  }

  #expectations(): StepData[] {
    return [...this.#roles].flatMap(([role, { shown }]) =>
      shown === undefined ? [] : [stepOfAction({ kind: 'shown', role, text: expectedText(shown, this.#known) })],
    );
  }

  /** Keys as the line editing of a terminal takes them (termios(3)). */
  #type({ role, data }: EventOf<'terminal-input'>): void {
    const state = this.#role(role);
    for (const key of data.replaceAll(/\x1b(?:\[[\d;?]*[ -/]*[@-~]|O.|.)/g, '')) {
      if (key === '\r' || key === '\n') this.#enter(role, state);
      else if (key === '\x7f' || key === '\b') state.typed = state.typed.replace(/.$/su, '');
      else if (key === '\x15') state.typed = '';
      else if (key === '\x17') state.typed = state.typed.replace(/\S+\s*$/, '');
      else if (key === '\x03') this.#act({ kind: 'interrupted', role });
      else if (key === '\x04' && state.typed === '') this.#act({ kind: 'input-ended', role });
      else if (key >= ' ' || key === '\t') state.typed += key;
    }
  }

  #enter(role: string, state: RoleState): void {
    const line = state.typed;
    state.typed = '';
    for (const number of line.match(/\d+/g) ?? []) this.#known.add(number);
    this.#act({ kind: 'typed', role, line });
    state.echoes.push(line);
  }

  #exit({ role, exitCode, signal }: EventOf<'program-exited'>): void {
    const end = exitCode ?? signal;
    if (end === undefined) return;
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
