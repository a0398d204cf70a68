import { KnownWords } from '../../core/text/suggest.ts';
import { say } from '../../core/language/say.ts';
import type { Draft, Placed } from '../draft.ts';
import type { PathProblem } from '../problem.ts';
import { quoted } from '../fields/text-rule.ts';
import { allOfThem, numberedNames } from '../name-pattern.ts';

/** Names that lead nowhere, names that two machines cannot share, and the name that stands for none. */
export function checkNames(draft: Draft): PathProblem[] {
  return [
    ...unknownNetworks(draft),
    ...unknownMachines(draft),
    ...sameNetworkNames(draft),
    ...sameHostNames(draft),
    ...secondDefaults(draft),
  ];
}

function unknownNetworks({ machines, networks }: Draft): PathProblem[] {
  return unknown(
    {
      missing: (name) => say`there is no network ${name}`,
      known: say`known networks`,
      add: say`add it under "networks:"`,
    },
    networks,
    machines.flatMap(({ interfaces }) => interfaces.flatMap(({ network }) => network ?? [])),
  );
}

function unknownMachines({ machines, programs, links }: Draft): PathProblem[] {
  return unknown(
    {
      missing: (name) => say`there is no machine ${name}`,
      known: say`known machines`,
      add: say`add it under "machines:"`,
    },
    machines.map(({ machine }) => machine),
    [
      // A pattern that no machine fits is told of where it is read.
      ...programs.flatMap(({ on }) => (on === undefined || on.value.includes('*') ? [] : on)),
      ...links.flatMap(({ ends }) => ends),
    ],
  );
}

/** What is said of one kind of things. */
interface ThingWords {
  readonly missing: (name: string) => string;
  readonly known: string;
  readonly add: string;
}

/** A problem for each word that names none of these things: `did you mean …`, the known names, or how to add one. */
function unknown(
  words: ThingWords,
  things: readonly { readonly name: string }[],
  used: readonly Placed<string>[],
): PathProblem[] {
  const names = new Set(things.map(({ name }) => name));
  const known = new KnownWords(names);
  return used
    .filter(({ value }) => !names.has(value))
    .map(({ value, path }) => {
      const numbered = numberedNames(value, names);
      return {
        path,
        message: words.missing(quoted(value)),
        hint: numbered.length > 1 ? allOfThem(value, numbered) : (known.suggestion(value, words.known) ?? words.add),
      };
    });
}

/** A link is a network, and its name may be written. */
function sameNetworkNames({ networks }: Draft): PathProblem[] {
  const known = new Set<string>();
  return networks.flatMap(({ name, path, between }) => {
    const isTaken = known.has(name);
    known.add(name);
    if (!isTaken || between === undefined) return [];
    return [
      {
        path: [...path, 'name'],
        message: say`is already the name of a network`,
        hint: say`give one of the two another name`,
      },
    ];
  });
}

/** Host names are the same in small and capital letters (RFC 4343). */
function sameHostNames({ machines }: Draft): PathProblem[] {
  const first = new Map<string, string>();
  return machines.flatMap(({ machine: { name }, path }) => {
    const other = first.get(name.toLowerCase());
    first.set(name.toLowerCase(), other ?? name);
    if (other === undefined) return [];
    return [
      {
        path,
        at: 'key' as const,
        message: say`is the same host name as "${other}": capital letters make no difference`,
        hint: say`give one of the two another name`,
      },
    ];
  });
}

function secondDefaults({ scenarios }: Draft): PathProblem[] {
  const [first, ...others] = scenarios.flatMap(({ name, isDefault }) =>
    isDefault === undefined ? [] : [{ name, path: isDefault.path }],
  );
  return others.map(({ path }) => ({
    path,
    message: say`"${first!.name}" is the default scenario already`,
    hint: say`only one is played when "lab run" names none; remove one of the two`,
  }));
}
