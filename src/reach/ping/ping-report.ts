import type { Echo } from './echo.ts';
import type { Question } from './ping-plan.ts';

/** What one machine got from one address of another. */
export type PingedPair = Question & Echo;

export interface PingReport {
  /** In the order of the lab file; those that asked or were asked. */
  readonly machines: readonly string[];
  /** Echoes that each address was asked for. */
  readonly count: number;
  readonly pairs: readonly PingedPair[];
  /** Machines that could not ask, and why. */
  readonly notAsked: readonly { readonly machine: string; readonly problem: string }[];
  /** Pairs from which no answer came. */
  readonly failed: number;
  readonly sent: number;
  readonly received: number;
  /** Of all answers, in milliseconds; undefined when there was none. */
  readonly leastMs: number | undefined;
  readonly averageMs: number | undefined;
  readonly mostMs: number | undefined;
}

/** All pairs, in the order of `machines`, and their sums. */
export function pingReport({
  pairs: unsorted,
  ...rest
}: Pick<PingReport, 'machines' | 'count' | 'pairs' | 'notAsked'>): PingReport {
  const rank = new Map(rest.machines.map((name, index) => [name, index]));
  const rankOf = (name: string): number => rank.get(name) ?? rank.size;
  const pairs = unsorted.toSorted((a, b) => rankOf(a.from) - rankOf(b.from) || rankOf(a.to) - rankOf(b.to));
  const answered = pairs.filter(({ received }) => received > 0);
  const received = sum(answered.map((pair) => pair.received));
  return {
    ...rest,
    failed: pairs.length - answered.length,
    sent: sum(pairs.map(({ sent }) => sent)),
    received,
    leastMs:
      answered.length === 0 ? undefined : answered.reduce((least, pair) => Math.min(least, pair.leastMs!), Infinity),
    averageMs:
      answered.length === 0 ? undefined : sum(answered.map((pair) => pair.averageMs! * pair.received)) / received,
    mostMs: answered.length === 0 ? undefined : answered.reduce((most, pair) => Math.max(most, pair.mostMs!), 0),
    pairs,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Pairs that fail for one reason. */
export interface FailureGroup {
  readonly from: readonly string[];
  /** Addresses. */
  readonly to: readonly string[];
  readonly cause: string;
  /** Every pair of these machines, or to these addresses, fails so. */
  readonly isAll: 'from' | 'to' | undefined;
}

/**
 * What fails, in few lines: first the machines from which nothing gets anywhere, then addresses by who does not reach
 * them.
 *
 * @param causeOf words of a cause: what they tell apart is not one group.
 */
export function failureGroups(pairs: readonly PingedPair[], causeOf: (pair: PingedPair) => string): FailureGroup[] {
  const failed = pairs.filter(({ received }) => received === 0);
  const asked = Map.groupBy(pairs, ({ from }) => from);
  const bySource = Map.groupBy(failed, ({ from }) => from);
  const cutOff = [...bySource].filter(
    ([from, own]) =>
      own.length > 1 && own.length === asked.get(from)!.length && new Set(own.map((pair) => causeOf(pair))).size === 1,
  );
  const cutOffNames = new Set(cutOff.map(([from]) => from));
  const sources = [...Map.groupBy(cutOff, ([, own]) => causeOf(own[0]!))].map(([cause, group]) => ({
    from: group.map(([from]) => from),
    to: distinct(group.flatMap(([, own]) => own.map(({ address }) => address))),
    cause,
    isAll: 'from' as const,
  }));
  return [
    ...sources,
    ...targetGroups(
      failed.filter(({ from }) => !cutOffNames.has(from)),
      { pairs, causeOf, cutOffNames },
    ),
  ];
}

interface Known {
  readonly pairs: readonly PingedPair[];
  readonly causeOf: (pair: PingedPair) => string;
  readonly cutOffNames: ReadonlySet<string>;
}

function targetGroups(failed: readonly PingedPair[], { pairs, causeOf, cutOffNames }: Known): FailureGroup[] {
  const asking = Map.groupBy(
    pairs.filter(({ from }) => !cutOffNames.has(from)),
    ({ address }) => address,
  );
  const byTarget = [...Map.groupBy(failed, (pair) => `${pair.address} ${causeOf(pair)}`).values()].map((group) => ({
    address: group[0]!.address,
    from: group.map(({ from }) => from),
    cause: causeOf(group[0]!),
    isAll: group.length > 1 && group.length === asking.get(group[0]!.address)!.length,
  }));
  const groups = Map.groupBy(byTarget, ({ from, cause, isAll }) => `${isAll ? '' : from.join(' ')} ${cause}`);
  return [...groups.values()].map((group) => ({
    from: distinct(group.flatMap(({ from }) => from)),
    to: group.map(({ address }) => address),
    cause: group[0]!.cause,
    isAll: group[0]!.isAll ? 'to' : undefined,
  }));
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)];
}
