import { portsOf } from '../../core/listen-port.ts';
import { KnownWords } from '../../core/text/suggest.ts';
import type { Lab } from '../../lab/types.ts';

/** What the steps of a scenario may name. */
export interface KnownNames {
  readonly programs: KnownWords;
  readonly machines: KnownWords;
  /** All ports that programs listen on. */
  readonly ports: ReadonlySet<number>;
}

const known = new WeakMap<Lab, KnownNames>();

/** The names of a lab, gathered once for all its steps: a scenario may have thousands of each. */
export function namesOf(lab: Lab): KnownNames {
  const before = known.get(lab);
  if (before !== undefined) return before;
  const names = {
    programs: new KnownWords([...lab.programs.values()].flatMap(({ name, service }) => (service ? [] : [name]))),
    machines: new KnownWords(lab.machines.keys()),
    ports: new Set([...lab.programs.values()].flatMap(({ listens }) => portsOf('tcp', listens))),
  };
  known.set(lab, names);
  return names;
}
