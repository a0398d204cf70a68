/** A template in a language, with or without its programs that have bugs. */
export interface ToPlay {
  readonly template: string;
  readonly language: string;
  readonly variants: boolean;
}

/** What came of one scenario of it. */
export interface Played {
  readonly template: string;
  readonly language: string;
  readonly scenario: string;
  /** Undefined: the right programs. */
  readonly variant?: string | undefined;
  readonly passed: boolean;
  /** From 1 on. */
  readonly failedStep: number | undefined;
  readonly explanation: string | undefined;
}
