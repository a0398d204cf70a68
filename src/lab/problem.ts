import type { Position } from './types.ts';

/** One fault of `lab.yaml`: where, which rule, what was found, what to do next. */
export interface Problem {
  readonly position: Position;
  /** Characters to underline, at least 1. */
  readonly length: number;
  /** Where it is in words: `machines.vm1.address`; empty for a fault of the YAML itself. */
  readonly path: string;
  readonly message: string;
  readonly hint?: string | undefined;
}
