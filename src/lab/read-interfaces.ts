import { addressNumber, families, familyOf, hostsOf, type Family } from '../core/address-family.ts';
import {
  networkOf,
  type Draft,
  type DraftInterface,
  type DraftLink,
  type DraftMachine,
  type DraftNetwork,
  type Placed,
} from './draft.ts';
import { rightFields } from './fields/fields.ts';
import { machineInterface } from './fields/network-fields.ts';
import { NO_ADDRESS } from './fields/network-rules.ts';
import type { NetworkIndex } from './network-index.ts';
import { entriesOf, fieldsOf, placed, textsAt } from './plain-data.ts';
import type { Path } from './problem.ts';

const interfaceSettings = machineInterface.pick({ network: true, mac: true, mtu: true }).shape;

/** The networks as far as interfaces need them. */
export interface KnownNetworks {
  readonly networkIndex: NetworkIndex<DraftNetwork>;
  /** The one network that there is; undefined when there are several, or none. */
  readonly only: string | undefined;
}

/** Those of `interfaces`, or those that the short form `address` stands for: one for each network. */
export function draftInterfaces(
  { address, interfaces }: Readonly<Record<string, unknown>>,
  path: Path,
  known: KnownNetworks,
): DraftInterface[] {
  if (interfaces !== undefined)
    return entriesOf(interfaces).map(([name, value]) =>
      draftInterface(name, value, [...path, 'interfaces', name], known.only),
    );
  if (address === undefined) return [];
  const at = [...path, 'address'];
  return groups(textsAt(address, at), known).map((texts, index) => {
    const network = isNone(texts) ? placed(known.only, at) : undefined;
    return port(`eth${index}`, at, { network, isUnaddressed: isNone(texts), ...ownAddresses(texts) });
  });
}

/** An interface with what is given of it. */
function port(name: string, path: Path, given: Partial<DraftInterface>): DraftInterface {
  return {
    name,
    path,
    network: undefined,
    addresses: {},
    isUnaddressed: false,
    addressTwice: undefined,
    mac: undefined,
    mtu: undefined,
    ...given,
  };
}

/** Addresses of a list by their networks; of each network one of each family, and any more of it apart. */
function groups(texts: readonly Placed<string>[], known: KnownNetworks): Placed<string>[][] {
  const found: { readonly network: string | undefined; readonly texts: Placed<string>[] }[] = [];
  for (const text of texts) {
    const network = networkOf(known, { network: undefined, ...ownAddresses([text]) })?.name;
    const fits = found.find(
      (group) =>
        network !== undefined &&
        group.network === network &&
        group.texts.every(({ value }) => familyOf(value) !== familyOf(text.value)),
    );
    if (fits) fits.texts.push(text);
    else found.push({ network, texts: [text] });
  }
  return found.map((group) => group.texts);
}

function isNone(texts: readonly Placed<string>[]): boolean {
  return texts.length === 1 && texts[0]!.value === NO_ADDRESS;
}

function draftInterface(name: string, value: unknown, path: Path, only: string | undefined): DraftInterface {
  const isShort = typeof value === 'string' || Array.isArray(value);
  const given = isShort ? { address: value } : fieldsOf(value);
  const { network, mac, mtu } = rightFields(interfaceSettings, given);
  const texts = [
    ...textsAt(given['address'], isShort ? path : [...path, 'address']),
    ...textsAt(given['address6'], [...path, 'address6']),
  ];
  const isWritten = given['address'] !== undefined || given['address6'] !== undefined;
  const isUnaddressed = !isWritten || isNone(texts);
  const named = given['network'] === undefined && isUnaddressed ? only : network;
  return port(name, path, {
    ...ownAddresses(texts),
    network: placed(named, [...path, 'network']),
    isUnaddressed,
    mac: placed(mac?.toLowerCase(), [...path, 'mac']),
    mtu: placed(mtu, [...path, 'mtu']),
  });
}

function ownAddresses(texts: readonly Placed<string>[]): Pick<DraftInterface, 'addresses' | 'addressTwice'> {
  const addresses: { [F in Family]?: Placed<bigint> } = {};
  let addressTwice: Placed<string> | undefined;
  for (const text of texts) {
    const [family, value] = [familyOf(text.value), addressNumber(text.value)];
    if (value === undefined) continue;
    if (addresses[family]) addressTwice ??= text;
    else addresses[family] = { value, path: text.path };
  }
  return { addresses, addressTwice };
}

/** The machines with one more interface for each link that they are an end of. */
export function withLinks(
  machines: readonly DraftMachine[],
  links: readonly DraftLink[],
  { networkIndex }: Pick<Draft, 'networkIndex'>,
): readonly DraftMachine[] {
  if (links.length === 0) return machines;
  const ends = Map.groupBy(
    links.flatMap(({ network, ends }) => ends.map((end, side) => ({ network, end, side }))),
    ({ end }) => end.value,
  );
  return machines.map((machine) => {
    const own = ends.get(machine.machine.name) ?? [];
    const names = new Set(machine.interfaces.map(({ name }) => name));
    const added = own.map(({ network, end, side }): DraftInterface => {
      const name = freeInterface(names);
      names.add(name);
      const addresses = linkAddresses(networkIndex.named(network), side, end.path);
      return port(name, end.path, { network: { value: network, path: end.path }, addresses });
    });
    return added.length === 0 ? machine : { ...machine, interfaces: [...machine.interfaces, ...added] };
  });
}

function freeInterface(taken: ReadonlySet<string>): string {
  for (let number = 0; ; number++) if (!taken.has(`eth${number}`)) return `eth${number}`;
}

/** One of the two that hosts can have: the first machine of a link has the lower. */
function linkAddresses(network: DraftNetwork | undefined, side: number, path: Path): DraftInterface['addresses'] {
  return Object.fromEntries(
    families.flatMap((family) => {
      const subnet = network?.subnets[family]?.value;
      return subnet === undefined ? [] : [[family, { value: hostsOf(subnet).first + BigInt(side), path }]];
    }),
  );
}
