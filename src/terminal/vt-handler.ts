/** Takes what the parser found. */
export interface VtHandler {
  /** Printable characters and tabs. */
  print(text: string): void;
  /** One invisible or bidirectional format character. */
  format(character: string): void;
  /** A control character, C0 or C1, also one that stands inside a sequence. */
  control(code: number): void;
  /**
   * A whole control sequence with neither private nor intermediate bytes: its last character and its numbers (0 where
   * one is empty).
   */
  csi(final: string, parameters: readonly number[]): void;
  /** Any other whole control sequence. */
  otherCsi?(sequence: CsiSequence): void;
  /**
   * A whole escape sequence that begins no other one and is no C1 control: `ESC 7`, `ESC ( B`. Its intermediate bytes,
   * and its last character.
   */
  escape?(intermediates: string, final: string): void;
}

/** A control sequence in its parts (ECMA-48, 5.4). */
export interface CsiSequence {
  /** `?` and its like, which make it private; mostly empty. */
  readonly prefix: string;
  /** Digits, `;` and `:`. */
  readonly parameters: string;
  readonly intermediates: string;
  readonly final: string;
}
