import { withCleanup } from '../../core/cleanup.ts';
import { EnvironmentError, UsageError } from '../../core/errors.ts';
import { say } from '../../core/language/say.ts';
import { suggestion } from '../../core/text/suggest.ts';
import { addressesOf, familyOf, type PingedMachine } from '../../reach/ping/ping-plan.ts';
import {
  measureThroughput,
  type Throughput,
  type ThroughputQuestion,
} from '../../reach/throughput/measure-throughput.ts';
import type { CommandContext } from '../../session/context.ts';
import { openSession } from '../../session/open-session.ts';

export interface IperfOptions extends Pick<ThroughputQuestion, 'protocol' | 'seconds' | 'reverse' | 'rate'> {
  /** Name of the machine that connects. */
  readonly from: string;
  /** Name of the machine that serves, or one of its addresses. */
  readonly to: string;
}

export interface IperfResult extends Throughput {
  readonly lab: string;
  readonly sender: string;
  readonly receiver: string;
  /** Of `to`. */
  readonly address: string;
  readonly protocol: 'tcp' | 'udp';
  /** What UDP was to send, in bits per second. */
  readonly rate: number | undefined;
}

/**
 * Measures how much goes through from one machine to another.
 *
 * @throws {UsageError} for a machine that the lab does not have, or one without an address.
 * @throws {EnvironmentError} when the lab is not up, or nothing gets through.
 */
export async function iperf(context: CommandContext, options: IperfOptions): Promise<IperfResult> {
  const session = openSession(context);
  const { machines } = await session.machines();
  const known: readonly PingedMachine[] = machines.map(({ machine }) => machine);
  const from = machineNamed(options.from, known);
  const { machine: to, address } = targetOf(options.to, from, known);
  if (to.name === from.name)
    throw new UsageError(say`${from.name} cannot be measured with itself`, {
      code: 'same-machine',
      hint: say`Name two machines:  lab iperf vm1 vm2`,
    });
  return withCleanup(async (cleanup) => {
    const { shells, state } = await session.connect(cleanup, [from.name, to.name]);
    const { protocol, seconds, reverse, rate } = options;
    const pair = { client: shells.get(from.name)!, server: shells.get(to.name)! };
    const [sender, receiver] = reverse ? [to.name, from.name] : [from.name, to.name];
    const question = { protocol, address, seconds, rate, reverse };
    const measured = await measureThroughput(pair, question, context.signal).catch((error: unknown) => {
      throw withHint(error, from.name, to.name);
    });
    return {
      lab: state.name,
      sender,
      receiver,
      address,
      protocol,
      rate: protocol === 'udp' ? rate : undefined,
      ...measured,
    };
  });
}

function withHint(error: unknown, from: string, to: string): unknown {
  if (!(error instanceof EnvironmentError) || error.hint !== undefined) return error;
  return new EnvironmentError(error.message, {
    code: error.code,
    hint: say`"lab why ${from} ${to}" looks at each link between the two.`,
    cause: error,
  });
}

function machineNamed(name: string, machines: readonly PingedMachine[]): PingedMachine {
  const machine = machines.find((one) => one.name === name);
  if (machine !== undefined) return machine;
  throw new UsageError(say`this lab has no machine "${name}"`, {
    code: 'unknown-machine',
    hint: suggestion(
      name,
      machines.map((one) => one.name),
    ),
  });
}

/** The address that is written, or that of the machine on a network of both, of a family that both have. */
function targetOf(
  wanted: string,
  from: PingedMachine,
  machines: readonly PingedMachine[],
): { readonly machine: PingedMachine; readonly address: string } {
  const owner = machines.find((machine) => addressesOf(machine).includes(wanted));
  if (owner !== undefined) return { machine: owner, address: wanted };
  const machine = machineNamed(wanted, machines);
  const networks = new Set(from.interfaces.map(({ network }) => network));
  const families = new Set(addressesOf(from).map(familyOf));
  // One that the lab file gives no address may have got one meanwhile.
  const isSpoken = (one: string): boolean => families.size === 0 || families.has(familyOf(one));
  const near = machine.interfaces.filter(({ network }) => networks.has(network));
  const address = [...addressesOf({ name: '', interfaces: near }), ...addressesOf(machine)].find(isSpoken);
  if (address !== undefined) return { machine, address };
  if (addressesOf(machine).length === 0)
    throw new UsageError(say`the lab file gives ${machine.name} no address to send to`, {
      code: 'no-address',
      hint: say`The other way round it works:  lab iperf ${machine.name} ${from.name} --reverse`,
    });
  throw new UsageError(say`${machine.name} has no address that ${from.name} could reach`, {
    code: 'no-address',
    hint: say`"lab graph" shows the addresses of the lab.`,
  });
}
