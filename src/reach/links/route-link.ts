import { familyOf } from '../../core/address-family.ts';
import { isNowhere, isPrivate, parseIPv4 } from '../../core/ipv4.ts';
import { isOnNetwork, subnetsOf } from '../../lab/addresses.ts';
import type { Network } from '../../lab/types.ts';
import type { MachineProbe, ProbedRoute } from '../machine-probe.ts';
import type { ReachFacts, ReachLab, ReachMachine } from '../reach-facts.ts';
import type { ReachLink } from '../reach-report.ts';
import { say } from '../../core/language/say.ts';

/** Whether both machines know the way: there, and back for the answers. */
export function routeLink(facts: ReachFacts): ReachLink {
  const { from, to, source, target, address } = facts;
  if (address === undefined) return link('unknown', say`there is no address to look for a route to`);
  if (source.route === undefined) return link('unknown', say`${from} has no ip to show its routes with`);
  const there = judge(facts, source, source.route, address);
  if (there.state !== 'ok') return there;
  if (to === undefined) return beyond(facts, source.route, address) ?? there;
  if (to.name === from || target?.route === undefined || target.aim === undefined) return there;
  const back = judge(facts, target, target.route, target.aim);
  return back.state === 'ok'
    ? link('ok', say`${there.seen}, and back: ${back.seen}`)
    : { ...back, seen: say`there: ${there.seen}; but no way back for the answers: ${back.seen}` };
}

/** The route of one machine to an address of the other. */
function judge({ lab }: ReachFacts, probe: MachineProbe, route: ProbedRoute, address: string): ReachLink {
  const { machine } = probe;
  const network = sharedNetwork(lab, machine, address);
  if (route.isLocal) return link('ok', say`${machine} has ${address} itself`);
  if (route.device === undefined) {
    return link(
      'broken',
      say`${machine} has no route to ${address}: ip route get says "${route.text}"`,
      network === undefined
        ? gatewayCure(lab, machine, address)
        : say`Its route to network ${network.name} is gone. Add it: lab exec ${machine} -- sudo ip route add ${subnetFor(network, address)} dev ${interfaceOn(lab, machine, network)}`,
    );
  }
  const way = route.via === undefined ? say`over ${route.device}` : say`through ${route.via} over ${route.device}`;
  if (network === undefined || route.via === undefined) return link('ok', say`${machine} reaches ${address} ${way}`);
  const seen = say`${machine} sends to ${address} ${way}, though both are on network ${network.name}`;
  if (route.farEcho === true) return link('ok', say`${seen}; an echo comes back`);
  return link(
    route.farEcho === undefined ? 'unknown' : 'broken',
    route.farEcho === undefined ? seen : say`${seen}, and no echo comes back`,
    say`The route to the network itself is missing. Add it: lab exec ${machine} -- sudo ip route add ${subnetFor(network, address)} dev ${interfaceOn(lab, machine, network)}`,
  );
}

/** What becomes of packets that leave the lab; undefined when nothing is wrong with it. */
function beyond({ lab, from }: ReachFacts, { text, device }: ProbedRoute, address: string): ReachLink | undefined {
  const value = parseIPv4(address);
  const network = networkOf(lab, from, device);
  if (lab.isMade === false || network === undefined || value === undefined) return undefined;
  if (isOnNetwork(network, address)) return undefined;
  if (!network.nat) {
    return link(
      'broken',
      say`${address} lies outside of the lab, and network ${network.name} has no NAT: nothing leaves it (${text.trim()})`,
      say`Write nat: true in networks.${network.name} of the lab file if programs should reach the internet.`,
    );
  }
  if (isNowhere(value) || (isPrivate(value) && network.reachesPrivate !== true)) {
    return link(
      'broken',
      say`${address} lies outside of the lab in a range that lab lets nothing out to`,
      isNowhere(value)
        ? say`Use another address: this one is for one host or one link only.`
        : say`Write nat: { private: true } in networks.${network.name} of the lab file to reach private addresses.`,
    );
  }
  return link('ok', say`packets leave the lab over ${device ?? '?'}, with network address translation (NAT)`);
}

/** The network that a machine is on and whose subnet holds the address. */
function sharedNetwork(lab: ReachLab, machine: string, address: string): Network | undefined {
  const own = lab.machines.find(({ name }) => name === machine)?.interfaces.map(({ network }) => network) ?? [];
  return lab.networks.find((network) => own.includes(network.name) && isOnNetwork(network, address));
}

/** The subnet of a network that an address of its is in, in CIDR notation. */
function subnetFor(network: Network, address: string): string {
  return subnetsOf(network).find((subnet) => familyOf(subnet) === familyOf(address)) ?? '';
}

function networkOf(lab: ReachLab, machine: string, device: string | undefined): Network | undefined {
  const its = interfacesOf(lab, machine).find(({ name }) => name === device);
  return lab.networks.find(({ name }) => name === its?.network);
}

function interfaceOn(lab: ReachLab, machine: string, { name }: Network): string {
  return interfacesOf(lab, machine).find(({ network }) => network === name)?.name ?? 'eth0';
}

function interfacesOf(lab: ReachLab, machine: string): ReachMachine['interfaces'] {
  return lab.machines.find(({ name }) => name === machine)?.interfaces ?? [];
}

function gatewayCure(lab: ReachLab, machine: string, address: string): string {
  const own = new Set(interfacesOf(lab, machine).map(({ network }) => network));
  const gateway = lab.networks.find(({ name, gateway: has }) => own.has(name) && has !== undefined)?.gateway;
  return gateway === undefined
    ? say`${machine} is not on the network of ${address}, and no network of it has a gateway. Put both machines on one network.`
    : say`Add a route through the gateway: lab exec ${machine} -- sudo ip route add default via ${gateway}`;
}

function link(state: ReachLink['state'], seen: string, cure?: string): ReachLink {
  return { link: 'route', state, seen, ...(cure === undefined || state !== 'broken' ? {} : { cure }) };
}
