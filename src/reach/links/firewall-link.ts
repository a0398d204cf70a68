import { familyOf } from '../../core/address-family.ts';
import type { Packet } from '../firewall/packet-match.ts';
import { readRuleset } from '../firewall/ruleset.ts';
import { translates } from '../firewall/translation.ts';
import { findStop, type Direction, type Stop } from '../firewall/verdict.ts';
import type { MachineProbe } from '../machine-probe.ts';
import { portText, type ReachFacts } from '../reach-facts.ts';
import type { ReachLink } from '../reach-report.ts';
import { say } from '../../core/language/say.ts';

/**
 * Whether the rules of both machines, and of the routers between them, let the first packet through, and its answer back:
 * of the connection to the port, or of an echo where no port was asked for.
 */
export function firewallLink(facts: ReachFacts): ReachLink {
  const { source, target, to, from, address } = facts;
  if (address === undefined) return unknown(say`there is no address to look at`);
  if (facts.port === undefined && echoed(source))
    return { link: 'firewall', state: 'ok', seen: say`an ICMP echo gets there, and its answer back` };
  const routers = routersOf(facts);
  const looks = [
    look(facts, source, 'source'),
    ...routers.map((router) => look(facts, router, 'router')),
    ...(target === undefined ? [] : [look(facts, target, 'target')]),
  ];
  const ends = [source, ...routers, ...(target === undefined ? [] : [target])];
  const machines = [...new Set(ends.map(({ machine }) => machine))];
  const worst = looks.find(({ state }) => state === 'broken') ?? looks.find(({ state }) => state === 'unknown');
  if (worst !== undefined) return worst;
  if (to === undefined || (target === undefined && to.name !== from)) {
    return {
      link: 'firewall',
      state: to === undefined ? 'ok' : 'unknown',
      seen: say`no rule of ${from} stops it; lab cannot look at rules beyond`,
    };
  }
  const names = machines.join(say` or `);
  return {
    link: 'firewall',
    state: 'ok',
    seen:
      facts.port === undefined
        ? say`no rule of ${names} stops an ICMP echo`
        : say`no rule of ${names} stops ${portText(facts)}`,
  };
}

/** Whether the address itself answered, be it behind routers or not. */
function echoed({ route, neighbour }: MachineProbe): boolean {
  return route?.via === undefined ? neighbour?.answered === true : route.farEcho === true;
}

/** The routers that packets pass there or back, each once. */
function routersOf({ there, back }: ReachFacts): MachineProbe[] {
  const probes = [...there.hops, ...back.hops].flatMap(({ probe }) => probe ?? []);
  return [...new Map(probes.map((probe) => [probe.machine, probe])).values()];
}

function look(facts: ReachFacts, probe: MachineProbe, role: 'source' | 'router' | 'target'): ReachLink {
  const { firewall, machine, user } = probe;
  if (firewall.kind === 'no-tool') return unknown(say`${machine} has no nft to show its rules with`);
  if (firewall.kind !== 'rules') {
    const why = firewall.kind === 'no-sudo' ? say`without sudo` : say`sudo does not let it`;
    return unknown(say`${user} may not see the rules of ${machine} (${why})`);
  }
  const ruleset = readRuleset(firewall.json, firewall.text);
  if (ruleset === undefined) return unknown(say`nft of ${machine} cannot list all of its rules`);
  const stops = passages(facts, probe, role).flatMap(({ packet, direction, ...rest }) => {
    const stop = findStop(ruleset, packet, direction);
    return stop === undefined ? [] : [{ stop, ...rest }];
  });
  const worst = stops.find(({ stop }) => stop.isCertain) ?? stops[0];
  if (worst !== undefined) return stopped(facts, machine, worst);
  if (firewall.otherTables.length > 0)
    return unknown(say`${machine} has rules of the older iptables, too, which lab does not read (sudo iptables-save)`);
  return { link: 'firewall', state: 'ok', seen: '' };
}

interface Passage {
  readonly packet: Packet;
  readonly direction: Direction;
  readonly what: string;
  readonly isBack: boolean;
}

/** What of the connection passes a machine. */
function passages(facts: ReachFacts, { machine }: MachineProbe, role: 'source' | 'router' | 'target'): Passage[] {
  const [there, back] = packetsOf(facts);
  const words = passageWords(facts);
  if (role === 'source')
    return [
      { packet: there, direction: 'out', what: words.out, isBack: false },
      { packet: back, direction: 'in', what: words.back, isBack: true },
    ];
  if (role === 'target')
    return [
      { packet: there, direction: 'in', what: words.in, isBack: false },
      { packet: back, direction: 'out', what: words.answer, isBack: true },
    ];
  const through = { direction: 'through' } as const;
  const to = devicesAt(facts, 'there', machine);
  // Connection tracking has put the client's address back before the answers are handed on (nft(8), hook forward).
  const from =
    to !== undefined && isBeforeTranslation(facts, machine)
      ? { incoming: to.outgoing, outgoing: to.incoming }
      : devicesAt(facts, 'back', machine);
  return [
    ...(to ? [{ packet: { ...there, ...to }, what: words.on, isBack: false, ...through }] : []),
    ...(from ? [{ packet: { ...back, ...from }, what: words.back, isBack: true, ...through }] : []),
  ];
}

/** Whether answers come back to a router because it, or one behind it, puts its own address in the place of the client's. */
function isBeforeTranslation({ there: { hops } }: ReachFacts, machine: string): boolean {
  const last = hops.findLastIndex(({ probe }) => probe !== undefined && translates(probe));
  return hops.slice(0, last + 1).some((hop) => hop.machine === machine);
}

function passageWords(facts: ReachFacts): Readonly<Record<'out' | 'on' | 'in' | 'answer' | 'back', string>> {
  if (facts.port === undefined) {
    const [echo, answer] = [say`an ICMP echo`, say`the answer to an ICMP echo`];
    return { out: echo, on: echo, in: echo, answer, back: answer };
  }
  const port = portText(facts);
  return {
    out: say`what goes out to ${port}`,
    on: say`what goes on to ${port}`,
    in: say`what comes in for ${port}`,
    answer: say`what answers from ${port}`,
    back: say`what comes back from ${port}`,
  };
}

/** Where packets come into a router and go out of it; undefined where they do not pass it. */
function devicesAt(
  facts: ReachFacts,
  way: 'there' | 'back',
  machine: string,
): Pick<Packet, 'incoming' | 'outgoing'> | undefined {
  const hop = facts[way].hops.find((one) => one.machine === machine);
  if (hop?.probe === undefined) return undefined;
  const entrance = hop.probe.interfaces?.find(({ addresses }) => addresses.includes(hop.address));
  return { incoming: entrance?.name, outgoing: hop.probe.route?.device };
}

function stopped(
  facts: ReachFacts,
  machine: string,
  { stop, what, isBack }: { readonly stop: Stop; readonly what: string; readonly isBack: boolean },
): ReachLink {
  const { chain, rule, how, isCertain } = stop;
  const place = `chain ${chain.family} ${chain.table} ${chain.name}`;
  const by = rule === undefined ? say`the policy of ${place}` : say`a rule of ${place}: "${rule.text}"`;
  if (!isCertain) return unknown(say`on ${machine}, ${what} may be stopped by ${by}`);
  return {
    link: 'firewall',
    state: 'broken',
    seen: stoppedWords({ machine, by, what, how, isEcho: facts.port === undefined }),
    cure: say`Let it through: lab exec ${machine} -- sudo nft ${cureOf(facts, stop, isBack)}`,
  };
}

interface Stopped extends Pick<Stop, 'how'> {
  readonly machine: string;
  readonly by: string;
  readonly what: string;
  readonly isEcho: boolean;
}

function stoppedWords({ machine, by, what, how, isEcho }: Stopped): string {
  if (isEcho)
    return how === 'drop'
      ? say`on ${machine}, ${by} stops ${what}: it drops it, and ping waits in vain`
      : say`on ${machine}, ${by} stops ${what}: it rejects it, and ping is told so`;
  return how === 'drop'
    ? say`on ${machine}, ${by} stops ${what}: it drops it, and the client waits in vain`
    : say`on ${machine}, ${by} stops ${what}: it rejects it, and the client is refused`;
}

function cureOf({ port, protocol, address = '' }: ReachFacts, { chain, rule }: Stop, isBack: boolean): string {
  const place = `${chain.family} ${chain.table} ${chain.name}`;
  if (rule !== undefined) return `delete rule ${place} handle ${rule.handle}`;
  const echo = [familyOf(address) === 6 ? 'icmpv6' : 'icmp', 'type', 'echo-request'].join(' ');
  const first = port === undefined ? echo : `${protocol} dport ${port}`;
  return `add rule ${place} ${isBack ? 'ct state established,related' : first} accept`;
}

/** The first packet of the client, and the answer to it. */
function packetsOf({ source, target, address = '', port, ...facts }: ReachFacts): readonly [Packet, Packet] {
  const echo = familyOf(address) === 6 ? 'ipv6-icmp' : 'icmp';
  const protocol: Packet['protocol'] = port === undefined ? echo : facts.protocol;
  const isLocal = source.route?.isLocal === true;
  const [own, its] = [sourceAddress(source), address];
  const sourceDevice = isLocal ? 'lo' : source.route?.device;
  const targetDevice = isLocal ? 'lo' : target?.interfaces?.find(({ addresses }) => addresses.includes(its))?.name;
  const there = { source: own, destination: its, sourcePort: undefined, destinationPort: port, protocol };
  const back = { source: its, destination: own, sourcePort: port, destinationPort: undefined, protocol };
  return [
    { ...there, incoming: targetDevice, outgoing: sourceDevice, state: 'new' },
    { ...back, incoming: sourceDevice, outgoing: targetDevice, state: 'established' },
  ];
}

/** The address that the machine sends from. */
function sourceAddress({ route, interfaces }: MachineProbe): string {
  const src = / src (\S+)/.exec(route?.text ?? '')?.[1];
  return src ?? interfaces?.find(({ name }) => name === route?.device)?.addresses[0] ?? '';
}

function unknown(seen: string): ReachLink {
  return { link: 'firewall', state: 'unknown', seen };
}
