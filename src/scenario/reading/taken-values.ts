/** A value that a named group of a pattern took from what a program printed. */
interface Taken {
  /** The last one. */
  latest: string;
  /** By program: the last one of each. */
  readonly byRole: Map<string, string>;
}

/** Values that patterns took from the output of programs while a scenario is played. */
export class TakenValues {
  readonly #values = new Map<string, Taken>();
  /** What was taken in the step that is played now: by name, or by `role.name` where several programs gave one. */
  #fresh = new Map<string, Map<string, string>>();

  /** Keeps the named groups of a match. */
  take(groups: Readonly<Record<string, string | undefined>> | undefined, role: string): void {
    for (const [name, value] of Object.entries(groups ?? {})) {
      if (value === undefined) continue;
      const known = this.#values.get(name) ?? { latest: value, byRole: new Map<string, string>() };
      known.latest = value;
      known.byRole.set(role, value);
      this.#values.set(name, known);
      const fresh = this.#fresh.get(name) ?? new Map<string, string>();
      this.#fresh.set(name, fresh.set(role, value));
    }
  }

  /** The value of a name for a program: the one that it gave itself, else the last that any gave. */
  get(name: string, role: string | undefined): string | undefined {
    const known = this.#values.get(name);
    return (role === undefined ? undefined : known?.byRole.get(role)) ?? known?.latest;
  }

  /** What was taken since this was called last; undefined when that is nothing. */
  takeFresh(): Readonly<Record<string, string>> | undefined {
    const fresh = [...this.#fresh].flatMap(([name, byRole]) =>
      [...byRole].map(([role, value]) => [byRole.size === 1 ? name : `${role}.${name}`, value] as const),
    );
    this.#fresh = new Map();
    return fresh.length === 0 ? undefined : Object.fromEntries(fresh);
  }
}
