import type { Pattern } from '../../lab/types.ts';
import type { ExpectedEnd } from '../playing/exit-words.ts';
import type { PacketExpectation } from '../packets/packet-look.ts';
import type { StepMap } from './step-text.ts';

/** What a step that passed says has happened, as far as a record shows it. */
export interface StepClaims extends PacketExpectation {
  /** Texts that terminals showed, by role. */
  readonly shown?: readonly (readonly [role: string, pattern: Pattern])[];
  /** One of these was shown, each whole. */
  readonly anyShown?: readonly (readonly (readonly [role: string, pattern: Pattern])[])[] | undefined;
  /** Texts that terminals did not show for this time, in milliseconds, since the step began. */
  readonly unseen?: { readonly ms: number; readonly texts: readonly (readonly [role: string, pattern: Pattern])[] };
  /** How programs ended, by role. */
  readonly ends?: readonly (readonly [role: string, end: ExpectedEnd])[];
}

/** What a passed step of that verb claims; undefined: nothing, or no such verb. */
export type ClaimsOf = (verb: string, map: StepMap) => StepClaims | undefined;
