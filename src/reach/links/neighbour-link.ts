import type { ReachFacts } from '../reach-facts.ts';
import type { ReachLink } from '../reach-report.ts';
import { say } from '../../core/language/say.ts';

/** States of ip-neighbour(8) in which nothing answers at the address, and those in which it does. */
const DEAD = /^(?:FAILED|INCOMPLETE|NONE)$/;
const ALIVE = /^(?:REACHABLE|PERMANENT|NOARP)$/;

/** Whether the next machine on the way answers on the link (ARP, RFC 826; for IPv6 RFC 4861). */
export function neighbourLink({ from, to, source, target, address }: ReachFacts): ReachLink {
  const { route, neighbour } = source;
  if (route?.isLocal === true) return link('ok', say`${from} sends to itself; no neighbour is needed`);
  if (route?.device === undefined || neighbour === undefined)
    return link('unknown', say`without a route there is no neighbour to ask`);
  const hop = route.via ?? address ?? '';
  const asked = say`${from} asked who has ${hop} on ${route.device}`;
  if (DEAD.test(neighbour.state) && neighbour.answered !== true) {
    const who = route.via === undefined ? (to?.name ?? say`the machine`) : say`the gateway ${hop}`;
    return link(
      'broken',
      say`${asked}, and nobody answered (neighbour ${neighbour.state})`,
      say`See whether ${who} runs, its interface is up, and both are on the same network: lab status, lab graph.`,
    );
  }
  const other = wrongMac(hop, neighbour.mac, target);
  if (other !== undefined) {
    return link(
      'broken',
      say`${hop} is answered by ${neighbour.mac ?? '?'}, and ${to?.name ?? '?'} has ${other}: another machine uses its address`,
      say`Find the machine with that hardware address, and give it another address: lab exec --all -- ip link`,
    );
  }
  const at = neighbour.mac === undefined ? '' : say` at ${neighbour.mac}`;
  if (neighbour.answered === true || ALIVE.test(neighbour.state)) return link('ok', say`${hop} answers${at}`);
  return link(
    'unknown',
    say`${hop} was known${at} a moment ago (${neighbour.state}), but did not answer an echo; ${source.user} may not ask again at once`,
  );
}

/** The hardware address that the machine really has, where another one answers. */
function wrongMac(hop: string, mac: string | undefined, target: ReachFacts['target']): string | undefined {
  const its = target?.interfaces?.find(({ addresses }) => addresses.includes(hop))?.mac;
  return mac === undefined || its === undefined || its === mac ? undefined : its;
}

function link(state: ReachLink['state'], seen: string, cure?: string): ReachLink {
  return { link: 'neighbour', state, seen, ...(cure === undefined ? {} : { cure }) };
}
