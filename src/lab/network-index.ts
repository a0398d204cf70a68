import { families, subnetOf, type ByFamily, type Family, type FamilySubnet } from '../core/address-family.ts';

interface IndexedNetwork {
  readonly name: string;
  readonly subnets: ByFamily<{ readonly value: FamilySubnet }>;
}

/** At most this many networks that hold one address are named; exactly one would be right. */
const MOST_HOLDING = 13;

/** By network address, each with its rank in the file. */
type SamePrefix<T> = Map<bigint, { readonly rank: number; readonly network: T }[]>;

/** Finds networks by name and by address in a time that does not grow with their number. */
export class NetworkIndex<T extends IndexedNetwork> {
  readonly #byName: ReadonlyMap<string, T>;
  /** By length of the prefix. */
  readonly #byPrefix: Readonly<Record<Family, Map<number, SamePrefix<T>>>> = { 4: new Map(), 6: new Map() };

  constructor(networks: readonly T[]) {
    this.#byName = new Map(networks.map((network) => [network.name, network]));
    for (const [rank, network] of networks.entries())
      for (const family of families) this.#add(network, network.subnets[family]?.value, rank);
  }

  named(name: string): T | undefined {
    return this.#byName.get(name);
  }

  /** Those whose subnet holds the address, in the order of the file; only the first of very many. */
  holding(family: Family, address: bigint): T[] {
    const found = [...this.#byPrefix[family]].flatMap(
      ([prefixLength, networks]) =>
        networks.get(subnetOf(family, address, prefixLength).network)?.slice(0, MOST_HOLDING) ?? [],
    );
    return found
      .toSorted((a, b) => a.rank - b.rank)
      .slice(0, MOST_HOLDING)
      .map(({ network }) => network);
  }

  #add(network: T, subnet: FamilySubnet | undefined, rank: number): void {
    if (subnet === undefined) return;
    const { family, network: address, prefixLength } = subnet;
    const networks: SamePrefix<T> = this.#byPrefix[family].get(prefixLength) ?? new Map();
    this.#byPrefix[family].set(prefixLength, networks);
    const same = networks.get(address);
    if (same) same.push({ rank, network });
    else networks.set(address, [{ rank, network }]);
  }
}
