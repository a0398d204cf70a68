import { subnetAt, type Subnet } from '../core/ipv4.ts';

interface IndexedNetwork {
  readonly name: string;
  readonly subnet: { readonly value: Subnet } | undefined;
}

/** At most this many networks that hold one address are named; exactly one would be right. */
const MOST_HOLDING = 13;

/** Finds networks by name and by address in a time that does not grow with their number. */
export class NetworkIndex<T extends IndexedNetwork> {
  readonly #byName: ReadonlyMap<string, T>;
  /** By length of the prefix, then by network address, each with its rank in the file. */
  readonly #byPrefix = new Map<number, Map<number, { readonly rank: number; readonly network: T }[]>>();

  constructor(networks: readonly T[]) {
    this.#byName = new Map(networks.map((network) => [network.name, network]));
    for (const [rank, network] of networks.entries())
      if (network.subnet) this.#add(network, network.subnet.value, rank);
  }

  named(name: string): T | undefined {
    return this.#byName.get(name);
  }

  /** Those whose subnet holds the address, in the order of the file; only the first of very many. */
  holding(address: number): T[] {
    const found = [...this.#byPrefix].flatMap(
      ([prefixLength, networks]) => networks.get(subnetAt(address, prefixLength).network)?.slice(0, MOST_HOLDING) ?? [],
    );
    return found
      .toSorted((a, b) => a.rank - b.rank)
      .slice(0, MOST_HOLDING)
      .map(({ network }) => network);
  }

  #add(network: T, { network: address, prefixLength }: Subnet, rank: number): void {
    const networks = this.#byPrefix.get(prefixLength) ?? new Map<number, { rank: number; network: T }[]>();
    this.#byPrefix.set(prefixLength, networks);
    const same = networks.get(address);
    if (same) same.push({ rank, network });
    else networks.set(address, [{ rank, network }]);
  }
}
