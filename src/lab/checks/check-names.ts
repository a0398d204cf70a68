import { KnownWords } from '../../core/text/suggest.ts';
import type { Draft, Placed } from '../draft.ts';
import type { PathProblem } from '../problem.ts';
import { quoted } from '../fields/rules.ts';

/** Names that lead nowhere, names that two machines cannot share, and the name that stands for none. */
export function checkNames(draft: Draft): PathProblem[] {
  return [...unknownNetworks(draft), ...unknownMachines(draft), ...sameHostNames(draft), ...secondDefaults(draft)];
}

function unknownNetworks({ machines, networks }: Draft): PathProblem[] {
  return unknown(
    'network',
    networks,
    machines.flatMap(({ interfaces }) => interfaces.flatMap(({ network }) => network ?? [])),
  );
}

function unknownMachines({ machines, programs }: Draft): PathProblem[] {
  return unknown(
    'machine',
    machines.map(({ machine }) => machine),
    programs.flatMap(({ on }) => on ?? []),
  );
}

/** A problem for each word that names none of these things: `did you mean …`, the known names, or how to add one. */
function unknown(
  kind: string,
  things: readonly { readonly name: string }[],
  words: readonly Placed<string>[],
): PathProblem[] {
  const names = new Set(things.map(({ name }) => name));
  const known = new KnownWords(names);
  return words
    .filter(({ value }) => !names.has(value))
    .map(({ value, path }) => ({
      path,
      message: `there is no ${kind} ${quoted(value)}`,
      hint: known.suggestion(value, `known ${kind}s`) ?? `add it under "${kind}s:"`,
    }));
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
        message: `is the same host name as "${other}": capital letters make no difference`,
        hint: 'give one of the two another name',
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
    message: `"${first!.name}" is the default scenario already`,
    hint: 'only one is played when "lab run" names none; remove one of the two',
  }));
}
