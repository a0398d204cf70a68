import type { ProgramLook } from '../../core/program-look.ts';
import type { TerminalSize } from '../../ssh/shell.ts';

/** Asks the machine what the program does now; undefined when that is not shown. */
export type LookAtProgram = () => Promise<ProgramLook | undefined>;

/** A user at the keyboard of one program. */
export interface Operator {
  /**
   * Bytes as the user's terminal gives them in raw mode; its end is the end of the program's input. When the play ends,
   * `return` of its iterator is called.
   */
  readonly input: AsyncIterable<Uint8Array>;
  /** Size of the user's terminal, which the program's then has too. */
  readonly size?: TerminalSize | undefined;
  /** Its later sizes. */
  readonly resizes?: AsyncIterable<TerminalSize> | undefined;
  /** Called at each start of the program. */
  readonly begun?: ((look: LookAtProgram) => void) | undefined;
}

/** What a keyboard needs of the terminal of a program. */
interface TypedTerminal {
  /** Undefined while the program runs. */
  readonly status: object | undefined;
  relay(bytes: Uint8Array, text: string): Promise<void>;
  resize(size: TerminalSize): Promise<void>;
  endInput(): void;
}

/** Carries what the user types to the program of one role, through all its starts. Reads nothing before the first. */
export class Keyboard {
  readonly size: TerminalSize | undefined;
  readonly #input: AsyncIterator<Uint8Array>;
  readonly #resizes: AsyncIterator<TerminalSize> | undefined;
  readonly #begun: Operator['begun'];
  #terminal: TypedTerminal | undefined;
  #hasEnded = false;

  constructor(operator: Operator) {
    this.size = operator.size;
    this.#begun = operator.begun;
    this.#input = operator.input[Symbol.asyncIterator]();
    this.#resizes = operator.resizes?.[Symbol.asyncIterator]();
  }

  /** From now on the program has this terminal. */
  attach(terminal: TypedTerminal, look: LookAtProgram): void {
    const isFirst = this.#terminal === undefined;
    this.#terminal = terminal;
    this.#begun?.(look);
    if (this.#hasEnded) terminal.endInput();
    if (!isFirst) return;
    // What fails here fails for the terminal too: the program has ended, or the connection is lost.
    this.#relayInput().catch(() => undefined);
    this.#relaySizes().catch(() => undefined);
  }

  /** Reads no further. */
  close(): void {
    this.#hasEnded = true;
    this.#input.return?.().catch(() => undefined);
    this.#resizes?.return?.().catch(() => undefined);
  }

  async #relayInput(): Promise<void> {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    for (let next = await this.#input.next(); !next.done && !this.#hasEnded; next = await this.#input.next()) {
      const text = decoder.decode(next.value, { stream: true });
      if (!this.#terminal?.status) await this.#terminal?.relay(next.value, text).catch(() => undefined);
    }
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#terminal?.endInput();
  }

  async #relaySizes(): Promise<void> {
    if (!this.#resizes) return;
    for (let next = await this.#resizes.next(); !next.done && !this.#hasEnded; next = await this.#resizes.next()) {
      if (!this.#terminal?.status) await this.#terminal?.resize(next.value);
    }
  }
}
