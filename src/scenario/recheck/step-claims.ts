import type { Pattern } from '../../lab/types.ts';
import type { ExpectedEnd } from '../playing/exit-words.ts';
import type { TcpExpectation } from '../tcp/tcp-expectation.ts';
import type { StepMap } from './step-text.ts';

/** What a step that passed says has happened, as far as a record shows it. */
export interface StepClaims {
  /** Texts that terminals showed, by role. */
  readonly shown?: readonly (readonly [role: string, pattern: Pattern])[];
  /** How programs ended, by role. */
  readonly ends?: readonly (readonly [role: string, end: ExpectedEnd])[];
  readonly tcp?: TcpExpectation | undefined;
}

/** What a passed step of that verb claims; undefined: nothing, or no such verb. */
export type ClaimsOf = (verb: string, map: StepMap) => StepClaims | undefined;
