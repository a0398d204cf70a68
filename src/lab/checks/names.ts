import { nearest } from '../../core/suggest.ts';
import type { Draft } from '../draft.ts';
import type { Finding } from '../finding.ts';
import { quoted } from '../rules.ts';

/** More names than this help nobody in one line. */
const MOST_KNOWN = 12;

/** Names that lead nowhere, and names that two machines cannot share. */
export function checkNames(draft: Draft): Finding[] {
  return [...unknownNetworks(draft), ...unknownMachines(draft), ...sameHostNames(draft)];
}

function unknownNetworks({ machines, networks }: Draft): Finding[] {
  const known = networks.map(({ name }) => name);
  return machines
    .flatMap(({ interfaces }) => interfaces.flatMap(({ network }) => network ?? []))
    .filter(({ value }) => !known.includes(value))
    .map(({ value, path }) => ({ path, message: `there is no network ${quoted(value)}`, hint: knownHint(value, known, 'networks') }));
}

function unknownMachines({ machines, programs }: Draft): Finding[] {
  const known = machines.map(({ name }) => name);
  return programs
    .flatMap(({ on }) => on ?? [])
    .filter(({ value }) => !known.includes(value))
    .map(({ value, path }) => ({ path, message: `there is no machine ${quoted(value)}`, hint: knownHint(value, known, 'machines') }));
}

/** Host names are the same in small and capital letters (RFC 4343). */
function sameHostNames({ machines }: Draft): Finding[] {
  const first = new Map<string, string>();
  return machines.flatMap(({ name, path }) => {
    const other = first.get(name.toLowerCase());
    first.set(name.toLowerCase(), other ?? name);
    if (other === undefined) return [];
    return [{
      path, at: 'key' as const,
      message: `is the same host name as "${other}": capital letters make no difference`,
      hint: 'give one of the two another name',
    }];
  });
}

/** `did you mean …`, or the known names, or how to add one. */
function knownHint(word: string, known: readonly string[], section: string): string {
  const near = nearest(word, known);
  if (near !== undefined) return `did you mean "${near}"?`;
  if (known.length === 0) return `add it under "${section}:"`;
  return `known ${section}: ${known.slice(0, MOST_KNOWN).join(', ')}${known.length > MOST_KNOWN ? ', …' : ''}`;
}
