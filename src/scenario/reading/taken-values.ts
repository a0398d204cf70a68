/** A value that a named group of a pattern took from what a program or a command printed. */
interface Taken {
  /** By who printed it, a program or a machine: the last one of each. */
  readonly byOwner: Map<string, string>;
  /** Whose it was in the last step that took it; several when that step took one of each. */
  owners: readonly string[];
}

/** Values that patterns took from output while a scenario is played. */
export class TakenValues {
  readonly #values = new Map<string, Taken>();
  /** What was taken in the step that is played now. */
  #fresh = new Map<string, Map<string, string>>();
  readonly #homeOf: (owner: string) => string;

  /** `homeOf`: the machine of a program; of a machine, itself. */
  constructor(homeOf: (owner: string) => string = (owner) => owner) {
    this.#homeOf = homeOf;
  }

  /** Keeps the named groups of a match in what a program, or a command on a machine, printed. */
  take(groups: Readonly<Record<string, string | undefined>> | undefined, owner: string): void {
    for (const [name, value] of Object.entries(groups ?? {})) {
      if (value === undefined) continue;
      const fresh = this.#fresh.get(name) ?? new Map<string, string>();
      this.#fresh.set(name, fresh.set(owner, value));
      const known = this.#values.get(name) ?? { byOwner: new Map<string, string>(), owners: [] };
      known.byOwner.set(owner, value);
      known.owners = [...fresh.keys()];
      this.#values.set(name, known);
    }
  }

  /**
   * The value of a name for a program or machine: its own, else the last that was taken. Where the last step took several
   * values, that of the same machine; else nobody can say which one is meant, and the answer is whose they are.
   * `owner.name` is the value of that owner.
   */
  get(name: string, asker: string | undefined): string | readonly string[] | undefined {
    const [, owner, itsName] = OWNED.exec(name) ?? [];
    if (owner !== undefined) return this.#values.get(itsName!)?.byOwner.get(owner);
    const known = this.#values.get(name);
    if (known === undefined) return undefined;
    const { byOwner, owners } = known;
    const own = asker === undefined ? undefined : byOwner.get(asker);
    if (own !== undefined) return own;
    const valueOf = (one: readonly string[]): string | undefined => {
      const values = new Set(one.map((each) => byOwner.get(each)!));
      return values.size === 1 ? [...values][0] : undefined;
    };
    const home = asker === undefined ? undefined : this.#homeOf(asker);
    return valueOf(owners) ?? valueOf(owners.filter((each) => this.#homeOf(each) === home)) ?? owners;
  }

  /** What was taken since this was called last, by name, or `owner.name` where several gave one; undefined: nothing. */
  takeFresh(): Readonly<Record<string, string>> | undefined {
    const fresh = [...this.#fresh].flatMap(([name, byOwner]) =>
      [...byOwner].map(([owner, value]) => [byOwner.size === 1 ? name : `${owner}.${name}`, value] as const),
    );
    this.#fresh = new Map();
    return fresh.length === 0 ? undefined : Object.fromEntries(fresh);
  }
}

/** `client-3.port` */
const OWNED = /^(.+)\.([^.]+)$/;

/** The name of a value, without whose it is. */
export function valueName(name: string): string {
  return OWNED.exec(name)?.[2] ?? name;
}
