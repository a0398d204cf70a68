import type { StepProblem } from '../../core/step-problem.ts';

/** As `run.json` has them. */
type RunResult = 'running' | 'passed' | 'failed' | 'broken' | 'interrupted';
type StepResult = 'running' | 'passed' | 'failed' | 'skipped';

/** What stands where a file of a run belongs. */
export type NoFile = 'link' | 'folder' | 'pipe' | 'socket' | 'device';

/** In what a record contradicts itself: what its parts say of each other, or its hashes of its files. */
export type MisfitFacts =
  | { readonly kind: 'missing' | 'added' }
  | { readonly kind: 'no-file'; readonly what: NoFile }
  | { readonly kind: 'size'; readonly stored: number; readonly seen: number }
  /** SHA-256, hexadecimal. */
  | { readonly kind: 'hash'; readonly stored: string; readonly seen: string }
  | { readonly kind: 'too-large'; readonly mostBytes: number }
  | { readonly kind: 'unreadable'; readonly reason: string }
  /** It is JSON, but as `lab` never writes it: a name twice, a field that does not belong there. */
  | { readonly kind: 'not-as-written' }
  /** What `run.json` says and what follows from the events. */
  | { readonly kind: 'result'; readonly stored: RunResult; readonly told: RunResult }
  | {
      readonly kind: 'step';
      /** From 1. */
      readonly number: number;
      readonly stored: StepResult | undefined;
      readonly told: StepResult | undefined;
    }
  | { readonly kind: 'field'; readonly field: string; readonly stored: string; readonly told: string }
  /** A line of a log or recording; undefined where there is none. */
  | { readonly kind: 'line'; readonly seen: string | undefined; readonly told: string | undefined }
  | { readonly kind: 'time-back'; readonly ms: number }
  | { readonly kind: 'begin' | 'after-end' }
  | { readonly kind: 'step-order'; readonly number: number }
  /** `ssh-keygen` does not take it as a signature of `run.json`. */
  | { readonly kind: 'signature'; readonly reason: string }
  /** A step is said to have passed, and what was shown, ended or sent says otherwise. Its number counts from 1. */
  | { readonly kind: 'step-refuted'; readonly number: number; readonly problem: Pick<StepProblem, 'expected' | 'seen'> }
  /** Packets in the capture. */
  | { readonly kind: 'packets'; readonly seen: number; readonly told: number }
  /** A packet of another time than that of the run. Times are ISO 8601. */
  | {
      readonly kind: 'other-time';
      readonly packet: number;
      readonly at: string;
      readonly startedAt: string;
      readonly endedAt: string;
    }
  /** The kernel of a machine counted a connection of which there is no packet. */
  | { readonly kind: 'no-packets'; readonly machine: string; readonly to: string }
  /** A line of a page that was not made from the record in it. */
  | { readonly kind: 'page'; readonly seen: string; readonly told: string }
  | { readonly kind: 'page-of-another' }
  /** The copy of a program's file is not the one that the events tell of. SHA-256, hexadecimal. */
  | { readonly kind: 'source'; readonly stored: string; readonly told: string }
  /** The run is said to have passed, and a step of it did not. */
  | { readonly kind: 'passed-without'; readonly number: number };

/** One contradiction, and where it shows. */
export type Misfit = MisfitFacts & {
  /** Path in the folder of the run. */
  readonly file: string;
  /** From 1. */
  readonly line?: number | undefined;
};

/** Contradictions that show in one place. */
export function misfitsAt(place: Pick<Misfit, 'file' | 'line'>, facts: readonly MisfitFacts[]): Misfit[] {
  return facts.map((each) => Object.assign({ ...place }, each));
}

/** What could not be compared, and why; none of it says anything against the record. */
export type Unknown =
  /** The run was stored by a `lab` that wrote no hashes yet. */
  | { readonly kind: 'no-hashes' | 'no-run-file' }
  /** `lab` was killed before it could write the end of the run. */
  | { readonly kind: 'broke-off' }
  /** More was printed than was stored, so these files do not follow from the events alone. */
  | { readonly kind: 'output-omitted'; readonly files: readonly string[] }
  /** Another version may have written logs and recordings in another way. */
  | { readonly kind: 'other-version'; readonly version: string }
  | { readonly kind: 'no-capture' | 'running' | 'page-without' }
  /** A page has no room for them. */
  | { readonly kind: 'left-out'; readonly files: readonly string[] }
  /** Another version of lab or Node.js may make the page in another way. */
  | { readonly kind: 'page-of-other'; readonly version: string; readonly node: string };

/** What is known of the signature of a record. `key` is the fingerprint of the key that made it. */
export type SignatureState =
  | { readonly kind: 'unsigned' }
  /** No key was given to compare with: so somebody signed it, whoever that is. */
  | { readonly kind: 'signed'; readonly key: string }
  /** With one of the keys that were given. */
  | { readonly kind: 'trusted'; readonly key: string; readonly signer?: string | undefined }
  | { readonly kind: 'other-key'; readonly key: string; readonly wanted: string }
  /** It is no signature of this `run.json`. */
  | { readonly kind: 'wrong'; readonly reason: string }
  | { readonly kind: 'unreadable'; readonly reason: string }
  /** There is no `ssh-keygen` on this host. */
  | { readonly kind: 'unchecked' };

/** What came of comparing the parts of a record. */
export interface RecordCheck {
  /** The first of them; see `more`. */
  readonly misfits: readonly Misfit[];
  /** How many more there are. */
  readonly more: number;
  readonly unknown: readonly Unknown[];
  readonly signature: SignatureState;
}
