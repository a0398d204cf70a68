/** A machine, as far as pinging needs it. */
export interface PingedMachine {
  readonly name: string;
  readonly interfaces: readonly {
    readonly network: string;
    readonly address?: string | undefined;
    readonly address6?: string | undefined;
  }[];
}

/** One address that one machine asks. */
export interface Question {
  readonly from: string;
  readonly to: string;
  readonly address: string;
}

/** All that two machines ask each other. */
export interface Meeting {
  readonly machines: readonly [string, string];
  readonly questions: readonly Question[];
  /** They stand on one network: each remembers the other's hardware address afterwards. */
  readonly areNeighbours: boolean;
}

export function addressesOf({ interfaces }: PingedMachine): string[] {
  return interfaces.flatMap(({ address, address6 }) => [address, address6].filter((one) => one !== undefined));
}

/** 4 or 6. */
export function familyOf(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4;
}

/**
 * Every machine with every other, so ordered that one after the other concerns other machines. With one `chosen` only
 * that one with all others; with several only those among themselves.
 */
export function meetings(machines: readonly PingedMachine[], chosen: readonly string[]): Meeting[] {
  const wanted = (...names: readonly string[]): boolean =>
    chosen.length === 0 ||
    (chosen.length === 1 ? names.some((name) => chosen.includes(name)) : names.every((name) => chosen.includes(name)));
  const found: Meeting[] = [];
  for (let apart = 1; apart < machines.length; apart++)
    for (const [index, one] of machines.slice(0, machines.length - apart).entries()) {
      const other = machines[index + apart]!;
      if (wanted(one.name, other.name)) found.push(meeting(one, other));
    }
  return found.filter(({ questions }) => questions.length > 0);
}

function meeting(one: PingedMachine, other: PingedMachine): Meeting {
  const networks = new Set(one.interfaces.map(({ network }) => network));
  return {
    machines: [one.name, other.name],
    questions: [...questions(one, other), ...questions(other, one)],
    areNeighbours: other.interfaces.some(({ network }) => networks.has(network)),
  };
}

/** A machine with addresses of one family only asks no address of the other. */
function questions(from: PingedMachine, to: PingedMachine): Question[] {
  const families = new Set(addressesOf(from).map(familyOf));
  return addressesOf(to)
    .filter((address) => families.size === 0 || families.has(familyOf(address)))
    .map((address) => ({ from: from.name, to: to.name, address }));
}
