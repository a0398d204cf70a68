import { messageOf } from '../core/errors.ts';
import { addressNumber } from '../core/address-family.ts';
import { inspectPort, type PortReport } from '../ports/inspect-port.ts';
import { isLoopback } from '../core/socket-address.ts';
import type { Shell } from '../ssh/shell.ts';
import { addressLink } from './links/address-link.ts';
import { firewallLink } from './links/firewall-link.ts';
import { listenerLink, otherListener } from './links/listener-link.ts';
import { nameLink } from './links/name-link.ts';
import { neighbourLink } from './links/neighbour-link.ts';
import { routeLink } from './links/route-link.ts';
import { probeMachine, type MachineProbe } from './machine-probe.ts';
import {
  declaredAddresses,
  hasAddress,
  type ReachFacts,
  type ReachLab,
  type ReachMachine,
  type ReachQuestion,
} from './reach-facts.ts';
import { firstBroken, type ReachReport } from './reach-report.ts';
import { followWay, noWay, type WayMeans } from './way.ts';
import { say } from '../core/language/say.ts';

const loopbacks = ['127.0.1.1', '127.0.0.1', '::1'];

export interface ReachMeans extends WayMeans {
  /** By machine; of the machine that asks at least, and of those that are routers of the lab. */
  readonly shells: ReadonlyMap<string, Shell>;
  /** Why a machine has no Shell, as what follows its name: `does not run`. */
  readonly silent?: ReadonlyMap<string, string> | undefined;
}

/**
 * Why a program on one machine does, or does not, get to a port of another: each link of the way, looked at on the
 * machines. Connects to nothing. One round trip to each of the two machines and of the routers between them, one more to
 * the target when something else listens than was wanted, and one to all machines for an address that the lab file does
 * not have.
 *
 * @throws what `probeMachine` throws of the machine that asks.
 */
export async function explainReach(question: ReachQuestion, means: ReachMeans): Promise<ReachReport> {
  const { from, host, port, protocol = 'tcp' } = question;
  const { lab } = means;
  const isAddress = addressNumber(host) !== undefined;
  const meant = lab.machines.find(({ name }) => name === host) ?? ownerOf(lab, host, from);
  // A machine's own name often is an address of loopback there.
  const own = meant?.name === from ? loopbacks : [];
  const wanted = [...declaredAddresses(meant), ...own];
  const ask = { name: isAddress ? '' : host, wanted: isAddress ? [host] : wanted, signal: means.signal };
  const homes = declaredAddresses(lab.machines.find(({ name }) => name === from));
  // Where the machine has more than one address, its route tells to which the answers go.
  const early = meant === undefined || homes.length > 1 ? undefined : lookAtTarget(means, question, meant, homes);
  const [source, known] = await Promise.all([
    probeMachine(means.shells.get(from)!, { role: 'source', ...ask, sudoPassword: means.sudoPasswords?.get(from) }),
    early,
  ]);
  const address = source.aim;
  const to = meant ?? (address === undefined ? undefined : await findOwner(means, from, address));
  const home = sourceOf(source, homes);
  const [target, there] = await Promise.all([
    known ?? (to === undefined ? undefined : lookAtTarget(means, question, to, home)),
    address === undefined ? noWay : followWay(means, { from: source, address }),
  ]);
  const { probe } = target ?? {};
  const facts = {
    from,
    host,
    port,
    protocol,
    lab,
    isAddress,
    to,
    address,
    source,
    there,
    target: probe,
    back: probe?.aim === undefined ? noWay : await followWay(means, { from: probe, address: probe.aim }),
    silence: target?.silence,
  };
  return judge({ ...facts, holders: await holdersOf(means, facts, target) });
}

/** The address that the machine sends from; where its route does not say it, those of the lab file. */
function sourceOf({ route }: MachineProbe, declared: readonly string[]): readonly string[] {
  const source = / src (\S+)/.exec(route?.text ?? '')?.[1];
  return source === undefined ? declared : [source];
}

function judge(facts: ReachFacts): ReachReport {
  const { from, host, to, address, port, protocol } = facts;
  const links = [
    nameLink(facts),
    addressLink(facts),
    routeLink(facts),
    neighbourLink(facts),
    ...(port === undefined ? [] : [listenerLink(facts)]),
    firewallLink(facts),
  ];
  return {
    from,
    to: { host, machine: to?.name, address, port, protocol },
    links,
    broken: firstBroken({ links })?.link ?? null,
  };
}

/** The machine that the lab file gives the address to; an address of loopback is the machine that asks. */
function ownerOf(lab: ReachLab, address: string, from: string): ReachMachine | undefined {
  if (isLoopback(address)) return lab.machines.find(({ name }) => name === from);
  return lab.machines.find((machine) => hasAddress(machine, address));
}

interface TargetLook {
  readonly probe: MachineProbe | undefined;
  readonly silence: string | undefined;
  readonly holders: PortReport | undefined;
}

async function lookAtTarget(
  { shells, silent, sudoPasswords, signal }: ReachMeans,
  { host, port, protocol }: ReachQuestion,
  { name }: ReachMachine,
  back: readonly string[],
): Promise<TargetLook> {
  const shell = shells.get(name);
  if (shell === undefined)
    return { probe: undefined, silence: silent?.get(name) ?? say`could not be asked`, holders: undefined };
  const sudoPassword = sudoPasswords?.get(name);
  const isName = addressNumber(host) === undefined;
  try {
    const [probe, holders] = await Promise.all([
      probeMachine(shell, { role: 'target', name: isName ? host : '', wanted: back, sudoPassword, signal }),
      port === undefined ? undefined : inspectPort(shell, port, { protocol, depth: 'table', sudoPassword, signal }),
    ]);
    return { probe, silence: undefined, holders };
  } catch (error) {
    signal.throwIfAborted();
    return { probe: undefined, silence: say`could not be asked: ${messageOf(error)}`, holders: undefined };
  }
}

/** The machine that has an address which the lab file does not know, because it was added by hand, or made. */
async function findOwner(means: ReachMeans, from: string, address: string): Promise<ReachMachine | undefined> {
  const { lab, shells, signal } = means;
  const declared = ownerOf(lab, address, from);
  if (declared !== undefined) return declared;
  const probes = await Promise.all(
    [...shells.values()].map((shell) => probeMachine(shell, { role: 'target', name: '', wanted: [], signal })),
  );
  const owner = probes.find(({ interfaces }) => interfaces?.some(({ addresses }) => addresses.includes(address)));
  return lab.machines.find(({ name }) => name === owner?.machine);
}

/** Who holds what listens: the port, or what is open instead of it; where nothing is, who has bound the port only. */
async function holdersOf(
  { shells, sudoPasswords, signal }: ReachMeans,
  facts: Omit<ReachFacts, 'holders'>,
  target: TargetLook | undefined,
): Promise<PortReport | undefined> {
  const { port, to, protocol } = facts;
  const shell = shells.get(to?.name ?? '');
  if (target?.holders === undefined || shell === undefined || port === undefined) return target?.holders;
  const seen = otherListener(facts)?.seen;
  const look = { signal, sudoPassword: sudoPasswords?.get(shell.machine) };
  if (seen !== undefined && (seen.local.port !== port || seen.protocol !== protocol))
    return inspectPort(shell, seen.local.port, { ...look, protocol: seen.protocol, depth: 'table' });
  return target.holders.holders.length > 0 || protocol === 'udp'
    ? target.holders
    : inspectPort(shell, port, { ...look, protocol, depth: 'bound' });
}
