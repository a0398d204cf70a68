import type { MachineProbe } from '../machine-probe.ts';
import type { ReachFacts } from '../reach-facts.ts';
import type { ReachLink } from '../reach-report.ts';
import { say } from '../../core/language/say.ts';

/** States of ip-neighbour(8) in which nothing answers at the address, and those in which it does. */
const DEAD = /^(?:FAILED|INCOMPLETE|NONE)$/;
const ALIVE = /^(?:REACHABLE|PERMANENT|NOARP)$/;

/** Whether the next machine on the way answers on the link (ARP, RFC 826; for IPv6 RFC 4861). */
export function neighbourLink(facts: ReachFacts): ReachLink {
  const { from, to, source, target, address, there } = facts;
  const { route, neighbour } = source;
  if (route?.isLocal === true) return link('ok', say`${from} sends to itself; no neighbour is needed`);
  if (route?.device === undefined || neighbour === undefined)
    return link('unknown', say`without a route there is no neighbour to ask`);
  const hop = route.via ?? address ?? '';
  const asked = say`${from} asked who has ${hop} on ${route.device}`;
  const [router] = there.hops;
  if (DEAD.test(neighbour.state) && neighbour.answered !== true) {
    const who = route.via === undefined ? (to?.name ?? say`the machine`) : (router?.machine ?? say`the gateway ${hop}`);
    return link(
      'broken',
      say`${asked}, and nobody answered (neighbour ${neighbour.state})`,
      say`See whether ${who} runs, its interface is up, and both are on the same network: lab status, lab graph.`,
    );
  }
  const next = router === undefined ? target : router.probe;
  const other = wrongMac(hop, neighbour.mac, next);
  if (other !== undefined) {
    return link(
      'broken',
      say`${hop} is answered by ${neighbour.mac ?? '?'}, and ${next?.machine ?? '?'} has ${other}: another machine uses its address`,
      say`Find the machine with that hardware address, and give it another address: lab exec --all -- ip link`,
    );
  }
  const at = neighbour.mac === undefined ? '' : say` at ${neighbour.mac}`;
  if (neighbour.answered === true || ALIVE.test(neighbour.state))
    return lostOnTheWay(facts) ?? link('ok', say`${hop} answers${at}`);
  return link(
    'unknown',
    say`${hop} was known${at} a moment ago (${neighbour.state}), but did not answer an echo; ${source.user} may not ask again at once`,
  );
}

/** A router of the way, there or back, whose own next neighbour does not answer. */
function lostOnTheWay({ there, back, source, target, address }: ReachFacts): ReachLink | undefined {
  if (source.route?.farEcho === true) return undefined;
  const looks = [
    ...there.hops.map((hop) => ({ hop, aim: address })),
    ...back.hops.map((hop) => ({ hop, aim: target?.aim })),
  ];
  for (const { hop, aim } of looks) {
    const { route, neighbour } = hop.probe ?? {};
    if (neighbour === undefined || !DEAD.test(neighbour.state) || neighbour.answered === true) continue;
    return link(
      'broken',
      say`${hop.machine} asked who has ${route?.via ?? aim ?? ''} on ${route?.device ?? '?'}, and nobody answered (neighbour ${neighbour.state})`,
      say`See whether that machine runs, its interface is up, and both are on the same network: lab status, lab graph.`,
    );
  }
  return undefined;
}

/** The hardware address that the machine really has, where another one answers. */
function wrongMac(hop: string, mac: string | undefined, next: MachineProbe | undefined): string | undefined {
  const its = next?.interfaces?.find(({ addresses }) => addresses.includes(hop))?.mac;
  return mac === undefined || its === undefined || its === mac ? undefined : its;
}

function link(state: ReachLink['state'], seen: string, cure?: string): ReachLink {
  return { link: 'neighbour', state, seen, ...(cure === undefined ? {} : { cure }) };
}
