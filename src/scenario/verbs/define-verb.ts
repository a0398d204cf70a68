import type { RecordedAction } from '../recorded-action.ts';
import { StepOrder, type RunningPrograms } from '../order.ts';
import type { ExpectedEnd } from '../playing/exit-words.ts';
import type { PlayContext, StepLimit } from '../playing/play-context.ts';
import type { OptionsSchema } from '../reading/options.ts';
import type { StepClaims } from '../recheck/step-claims.ts';
import type { StepMap } from '../recheck/step-text.ts';
import type { StepPart } from '../reading/step-part.ts';

/** What a verb makes of the value behind it. */
export interface StepMeaning {
  readonly verb: string;
  /** As the parser of the verb understood it; only the verb knows its type. */
  readonly body: unknown;
  /** The step in one line, as a person would write it: `send: { client: "Hello" }`. */
  readonly text: string;
  readonly needs: StepNeeds;
  /** The ends that it checks, by program. */
  readonly ends: ReadonlyMap<string, ExpectedEnd>;
  /** What it does at the terminals of programs, in order. */
  readonly acts: readonly Act[];
  /** Notes what cannot be after the steps before. Steps must come in order. */
  follow(programs: RunningPrograms): void;
  /**
   * Plays the step.
   *
   * @throws {CheckError} when the programs do not do what the step wants; a `StepFailure` says what that was.
   */
  play(limit: StepLimit, play: PlayContext): Promise<StepOutcome>;
}

/** What must be there when a step is played. */
export interface StepNeeds {
  /** Programs that it starts. */
  readonly roles: readonly string[];
  /** Programs in whose folders it works. */
  readonly programs: readonly string[];
  /** Machines that it works on itself; those of the programs go without saying. */
  readonly machines: readonly string[];
}

/** What a step does at the terminal of a program, as it follows "the scenario": `types "Hello"`. */
export interface Act {
  readonly role: string;
  readonly does: string;
}

/** What became of a step that did not fail; `skipped`: the user holds the keyboards that it is about. */
export type StepOutcome = 'played' | 'skipped';

/** What a verb says of itself, whatever a step makes of it. */
interface VerbFacts {
  /** JSON Schema of what stands behind the verb. */
  readonly schema: object;
  /** What it does, for the topic "steps" of the manual and for editors. */
  readonly description: string;
  /** What may stand behind it. */
  readonly example: unknown;
  /** Time limit of a step that names none, in milliseconds. */
  readonly timeoutMs: number;
  /** Its form as a map of options, where `timeout` may stand, too; undefined when it has none. */
  readonly longForm?: OptionsSchema;
  /** It looks at captured packets: a lab that captures none cannot have it. */
  readonly needsPackets?: true;
  /** Named groups of its patterns take values that later steps may use. */
  readonly takesValues?: true;
  /** It maps roles to what people type and read: lab writes this in quotes, so that it needs no knowledge of YAML. */
  readonly isQuoted?: true;
  /**
   * What a step of it that passed says has happened, from its text in events, for a record that is looked at again.
   * Default: nothing that a record shows.
   */
  claims?(map: StepMap): StepClaims;
  /** What stands behind the verb when `lab record` saw this; undefined when another verb says it. */
  recorded?(action: RecordedAction): unknown;
}

/** Everything about a verb. `Body` is what its parser makes of what stands behind it. */
export interface VerbDeclaration<Body> extends VerbFacts {
  /** Reads what stands behind the verb; gives undefined after it noted at least one problem. */
  parse(part: StepPart): Body | undefined;
  /** What stands behind the verb, on one line, as a person writes it; control characters are escaped as in JSON. */
  text(body: Body): string;
  /** Default: nothing but the programs that steps before it have started. */
  needs?(body: Body): Partial<StepNeeds>;
  /** Default: nothing that a person at one of the terminals has to know. */
  acts?(body: Body): readonly Act[];
  /** The ends that it checks, by program. Default: none. */
  ends?(body: Body): Iterable<readonly [role: string, end: ExpectedEnd]>;
  /** Notes what cannot be after the steps before. Default: it may stand anywhere. */
  follow?(body: Body, order: StepOrder): void;
  /**
   * Plays the step.
   *
   * @throws {CheckError} when the programs do not do what the step wants; a `StepFailure` says what that was.
   */
  play(body: Body, limit: StepLimit, play: PlayContext): Promise<StepOutcome>;
}

/** A verb, for those who need not know what its bodies are. */
export interface Verb extends VerbFacts {
  readonly name: string;
  /** What a step with this verb means; undefined after it noted a problem. `part` is what stands behind the verb. */
  read(part: StepPart): StepMeaning | undefined;
}

/** Makes a verb of its declaration; a step and its verb stay together from the parser to the player. */
export function defineVerb<Body>(name: string, declaration: VerbDeclaration<Body>): Verb {
  return {
    ...declaration,
    name,
    read(part) {
      const body = declaration.parse(part);
      if (body === undefined) return undefined;
      return {
        verb: name,
        body,
        text: `${name}: ${declaration.text(body)}`,
        needs: { roles: [], programs: [], machines: [], ...declaration.needs?.(body) },
        acts: declaration.acts?.(body) ?? [],
        ends: new Map(declaration.ends?.(body)),
        follow: (programs) => declaration.follow?.(body, new StepOrder(programs, part)),
        play: (limit, play) => declaration.play(body, limit, play),
      };
    },
  };
}
