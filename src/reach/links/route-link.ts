import { addressNumber, familyOf } from '../../core/address-family.ts';
import { isNowhere, isPrivate, parseIPv4 } from '../../core/ipv4.ts';
import { say } from '../../core/language/say.ts';
import { isOnNetwork } from '../../lab/addresses.ts';
import type { Network } from '../../lab/types.ts';
import { translates } from '../firewall/translation.ts';
import type { MachineProbe, ProbedRoute } from '../machine-probe.ts';
import {
  interfacesOf,
  networkOn,
  subnetLike,
  type Hop,
  type ReachFacts,
  type ReachLab,
  type Way,
} from '../reach-facts.ts';
import type { ReachLink } from '../reach-report.ts';

/** Whether both machines and the routers between them know the way: there, and back for the answers. */
export function routeLink(facts: ReachFacts): ReachLink {
  const { from, to, source, target, address, back } = facts;
  if (address === undefined) return link('unknown', say`there is no address to look for a route to`);
  if (source.route === undefined) return link('unknown', say`${from} has no ip to show its routes with`);
  const first = judge(facts, source, source.route, address);
  const there = overRouters(facts, first, { start: source, way: facts.there, address });
  if (there.state !== 'ok') return there;
  if (to === undefined) return beyond(facts, address) ?? there;
  if (to.name === from || target?.route === undefined || target.aim === undefined) return there;
  const translator = facts.there.hops.find(({ probe }) => probe !== undefined && translates(probe));
  if (translator !== undefined)
    return link(
      'ok',
      say`${there.seen}; ${translator.machine} puts its own address in the place of that of ${from}, so the answers come to it`,
    );
  const answers = overRouters(facts, judge(facts, target, target.route, target.aim), {
    start: target,
    way: back,
    address: target.aim,
  });
  return answers.state === 'ok'
    ? link('ok', say`${there.seen}, and back: ${answers.seen}`)
    : { ...answers, seen: say`there: ${there.seen}; but no way back for the answers: ${answers.seen}` };
}

interface Followed {
  /** The machine at its beginning. */
  readonly start: MachineProbe;
  readonly way: Way;
  readonly address: string;
}

/** What is known of a way whose first step is judged: each router on it must hand packets on, and know where to. */
function overRouters(facts: ReachFacts, first: ReachLink, { start, way, address }: Followed): ReachLink {
  if (first.state !== 'ok' || way.hops.length === 0) return first;
  const links = way.hops.map((hop) => judgeRouter(facts, hop, address));
  const seen = (parts: readonly ReachLink[]): string => [first, ...parts].map((part) => part.seen).join('; ');
  const whole = (parts: readonly ReachLink[]): string => [seen(parts), ...narrowWords(start, way)].join('; ');
  // An echo that came back has passed them all.
  if (facts.source.route?.farEcho === true) return link('ok', whole(links.filter(({ state }) => state === 'ok')));
  const bad = links.findIndex(({ state }) => state === 'broken');
  if (bad !== -1) return { ...links[bad]!, seen: seen(links.slice(0, bad + 1)) };
  if (way.circle === undefined)
    return link(links.every(({ state }) => state === 'ok') ? 'ok' : 'unknown', whole(links));
  const last = way.hops.at(-1)!.machine;
  return link(
    'broken',
    say`${seen(links)}; there the way comes back to ${way.circle}: packets to ${address} go round in a circle`,
    say`Correct the routes of ${last} or of ${way.circle}: lab exec ${last} -- ip route get ${address}`,
  );
}

/** A router that takes smaller packets than the machine sends tells it so (RFC 1191, RFC 8201), if rules let it. */
function narrowWords(start: MachineProbe, { hops }: Way): string[] {
  const own = mtuOf(start);
  const [narrowest] = hops
    .flatMap(({ machine, probe }) => {
      const mtu = probe && mtuOf(probe);
      return mtu === undefined ? [] : [{ machine, mtu }];
    })
    .toSorted((a, b) => a.mtu - b.mtu);
  if (own === undefined || narrowest === undefined || narrowest.mtu >= own) return [];
  const { machine, mtu } = narrowest;
  return [say`packets of more than ${mtu} bytes do not get past ${machine} in one piece`];
}

/** Of the interface that its route leads over. */
function mtuOf({ route, interfaces }: MachineProbe): number | undefined {
  return interfaces?.find(({ name }) => name === route?.device)?.mtu;
}

function judgeRouter(facts: ReachFacts, { machine, probe, silence }: Hop, address: string): ReachLink {
  if (probe === undefined) return link('unknown', say`${machine}, the next router, ${silence ?? ''}`);
  const family = familyOf(address);
  if (probe.forwards?.[family] === false) {
    const setting = family === 4 ? 'net.ipv4.ip_forward' : 'net.ipv6.conf.all.forwarding';
    return link(
      'broken',
      say`${machine}, the next router, hands nothing on: ${setting} is 0 there`,
      say`Write forward: true in machines.${machine} of the lab file, or: lab exec ${machine} -- sudo sysctl -w ${setting}=1`,
    );
  }
  if (probe.route === undefined) return link('unknown', say`${machine} has no ip to show its routes with`);
  return judge(facts, probe, probe.route, address);
}

/** The route of one machine to an address of the other. */
function judge({ lab }: ReachFacts, probe: MachineProbe, route: ProbedRoute, address: string): ReachLink {
  const { machine } = probe;
  const network = networkOn(lab, machine, address);
  if (route.isLocal) return link('ok', say`${machine} has ${address} itself`);
  if (route.device === undefined) {
    return link(
      'broken',
      say`${machine} has no route to ${address}: ip route get says "${route.text}"`,
      network === undefined
        ? routerCure(lab, machine, address)
        : say`Its route to network ${network.name} is gone. Add it: lab exec ${machine} -- sudo ip route add ${subnetLike(network, address) ?? ''} dev ${interfaceOn(lab, machine, network)}`,
    );
  }
  const way = route.via === undefined ? say`over ${route.device}` : say`through ${route.via} over ${route.device}`;
  if (network === undefined || route.via === undefined) return link('ok', say`${machine} reaches ${address} ${way}`);
  const seen = say`${machine} sends to ${address} ${way}, though both are on network ${network.name}`;
  if (route.farEcho === true) return link('ok', say`${seen}; an echo comes back`);
  return link(
    route.farEcho === undefined ? 'unknown' : 'broken',
    route.farEcho === undefined ? seen : say`${seen}, and no echo comes back`,
    say`The route to the network itself is missing. Add it: lab exec ${machine} -- sudo ip route add ${subnetLike(network, address) ?? ''} dev ${interfaceOn(lab, machine, network)}`,
  );
}

/** What becomes of packets that leave the lab; undefined when nothing is wrong with it. */
function beyond({ lab, from, source, there }: ReachFacts, address: string): ReachLink | undefined {
  const last = there.hops.at(-1);
  const { text = '', device } = (last === undefined ? source : last.probe)?.route ?? {};
  const network = networkOf(lab, last?.machine ?? from, device);
  if (lab.isMade === false || network === undefined || addressNumber(address) === undefined) return undefined;
  if (isOnNetwork(network, address)) return undefined;
  if (familyOf(address) === 6 && network.nat6 !== true) {
    return link(
      'broken',
      say`${address} lies outside of the lab, and network ${network.name} has no NAT of IPv6: nothing leaves it (${text.trim()})`,
      say`Write nat6: true in networks.${network.name} of the lab file if programs should reach the internet by IPv6.`,
    );
  }
  if (familyOf(address) === 4 && !network.nat) {
    return link(
      'broken',
      say`${address} lies outside of the lab, and network ${network.name} has no NAT: nothing leaves it (${text.trim()})`,
      say`Write nat: true in networks.${network.name} of the lab file if programs should reach the internet.`,
    );
  }
  const value = parseIPv4(address);
  if (value !== undefined && (isNowhere(value) || (isPrivate(value) && network.reachesPrivate !== true))) {
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

function networkOf(lab: ReachLab, machine: string, device: string | undefined): Network | undefined {
  const its = interfacesOf(lab, machine).find(({ name }) => name === device);
  return lab.networks.find(({ name }) => name === its?.network);
}

function interfaceOn(lab: ReachLab, machine: string, { name }: Network): string {
  return interfacesOf(lab, machine).find(({ network }) => network === name)?.name ?? 'eth0';
}

/** Of a machine without a route to an address of another network. */
function routerCure(lab: ReachLab, machine: string, address: string): string {
  const network = lab.networks.find((one) => isOnNetwork(one, address));
  const router = network && routerTo(lab, machine, network, address);
  const subnet = network && subnetLike(network, address);
  if (router !== undefined && subnet !== undefined)
    return say`${router.name} leads there: lab exec ${machine} -- sudo ip route add ${subnet} via ${router.via}, or write routes: [{ to: "${subnet}", via: "${router.via}" }] in machines.${machine} of the lab file`;
  return gatewayCure(lab, machine, address);
}

/** A router that is on a network of the machine and on another one, and its address on the first. */
function routerTo(
  lab: ReachLab,
  machine: string,
  { name }: Network,
  address: string,
): { readonly name: string; readonly via: string } | undefined {
  const own = new Set(interfacesOf(lab, machine).map(({ network }) => network));
  const kind = familyOf(address) === 6 ? 'address6' : 'address';
  for (const router of lab.machines) {
    if (router.forward !== true || router.name === machine) continue;
    const via = router.interfaces.find((port) => own.has(port.network) && port[kind] !== undefined)?.[kind];
    if (via !== undefined && router.interfaces.some(({ network }) => network === name))
      return { name: router.name, via };
  }
  return undefined;
}

function gatewayCure(lab: ReachLab, machine: string, address: string): string {
  const own = new Set(interfacesOf(lab, machine).map(({ network }) => network));
  const kind = familyOf(address) === 6 ? 'gateway6' : 'gateway';
  const gateway = lab.networks.find((network) => own.has(network.name) && network[kind] !== undefined)?.[kind];
  return gateway === undefined
    ? say`${machine} is not on the network of ${address}, and no network of it has a gateway. Put both machines on one network.`
    : say`Add a route through the gateway: lab exec ${machine} -- sudo ip route add default via ${gateway}`;
}

function link(state: ReachLink['state'], seen: string, cure?: string): ReachLink {
  return { link: 'route', state, seen, ...(cure === undefined || state !== 'broken' ? {} : { cure }) };
}
