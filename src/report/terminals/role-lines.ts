import { type EventHandlers, handleEvent } from '../../core/event-listeners.ts';
import type { Event } from '../../core/events.ts';
import { Transcript } from '../../terminal/transcript.ts';

/** Lines that one event completed on the terminal of a role. */
export interface RoleLines {
  readonly role: string;
  readonly lines: readonly string[];
}

interface RoleTerminal {
  readonly transcript: Transcript;
  /** Completed and not reported yet. */
  lines: string[];
}

/**
 * Matching and reports look into the scenario's own transcripts; here only lines go through, so little needs to be
 * kept.
 */
const RETAINED = 4096;

/** Follows the terminals of all roles and returns the lines of plain text that each event completes. */
export class LineFold {
  readonly #terminals = new Map<string, RoleTerminal>();

  readonly #handlers: EventHandlers<RoleLines[]> = {
    'terminal-opened': ({ role, columns }) => this.#open(role, columns),
    'terminal-output': ({ role, data }) => this.#write(role, data),
    'terminal-resized': ({ role, columns }) => this.#resize(role, columns),
    'program-exited': ({ role }) => this.finish(role),
    'run-finished': () => this.finishAll(),
  };

  /**
   * The lines that `event` completed. The end of a program completes its last line, the end of a run those of programs
   * that are not known to have ended.
   */
  take(event: Event): readonly RoleLines[] {
    return handleEvent(this.#handlers, event) ?? [];
  }

  /** Completes the last line of a role. */
  finish(role: string): RoleLines[] {
    this.#terminal(role).transcript.finish();
    return this.#drain(role);
  }

  /** Completes the last lines of all roles. */
  finishAll(): RoleLines[] {
    return [...this.#terminals.keys()].flatMap((role) => this.finish(role));
  }

  /** What stands on the line that the role's cursor is on. */
  currentLine(role: string): string {
    return this.#terminals.get(role)?.transcript.currentLine ?? '';
  }

  /** A program that is started again gets a terminal of its own. */
  #open(role: string, columns: number): RoleLines[] {
    const before = this.finish(role);
    this.#terminals.set(role, makeTerminal(columns));
    return before;
  }

  #write(role: string, data: string): RoleLines[] {
    this.#terminal(role).transcript.write(data);
    return this.#drain(role);
  }

  #resize(role: string, columns: number): RoleLines[] {
    this.#terminal(role).transcript.resize(columns);
    return [];
  }

  #terminal(role: string): RoleTerminal {
    const known = this.#terminals.get(role) ?? makeTerminal();
    this.#terminals.set(role, known);
    return known;
  }

  #drain(role: string): RoleLines[] {
    const terminal = this.#terminal(role);
    if (terminal.lines.length === 0) return [];
    const { lines } = terminal;
    terminal.lines = [];
    return [{ role, lines }];
  }
}

function makeTerminal(columns?: number): RoleTerminal {
  const terminal: RoleTerminal = {
    transcript: new Transcript({ columns, maxRetained: RETAINED, onLine: (line) => terminal.lines.push(line) }),
    lines: [],
  };
  return terminal;
}
