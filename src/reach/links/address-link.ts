import { isLoopback } from '../../core/socket-address.ts';
import { gatewaysOf, isOnNetwork } from '../../lab/addresses.ts';
import { declaredAddresses, subnetLike, type ReachFacts } from '../reach-facts.ts';
import type { ReachLink } from '../reach-report.ts';
import { say } from '../../core/language/say.ts';

/** Whether a machine has the address, on an interface that is up. */
export function addressLink(facts: ReachFacts): ReachLink {
  const { from, host, to, address, target, silence } = facts;
  if (address === undefined)
    return link('unknown', say`there is no address to look at, because ${host} is no known name`);
  if (to === undefined) return outside(facts, address);
  if (isLoopback(address)) return link('ok', say`${address} is ${from} itself`);
  if (silence !== undefined) {
    return link(
      'broken',
      `${to.name} ${silence}`,
      say`"lab status" shows whether it runs; "lab up --recreate" makes it afresh.`,
    );
  }
  if (target?.interfaces === undefined) return link('unknown', say`${to.name} has no ip to show its addresses with`);
  const its = target.interfaces.find(({ addresses }) => addresses.includes(address));
  if (its === undefined) {
    const name = to.interfaces.find((one) => one.address === address || one.address6 === address)?.name ?? 'eth0';
    const has = target.interfaces.flatMap(({ addresses }) => addresses).filter((one) => !isLoopback(one));
    return link(
      'broken',
      say`${to.name} does not have the address ${address}; it has ${has.join(', ') || say`none`}`,
      say`Give it back, for example: lab exec ${to.name} -- sudo ip addr add ${address}${prefixOf(facts, address)} dev ${name}`,
    );
  }
  if (!its.isUp) {
    return link(
      'broken',
      say`${its.name} of ${to.name}, which has ${address}, is down`,
      say`Switch it on: lab exec ${to.name} -- sudo ip link set ${its.name} up`,
    );
  }
  return link('ok', say`${address} is ${its.name} of ${to.name}, which is up`);
}

function outside({ lab, host }: ReachFacts, address: string): ReachLink {
  const network = lab.networks.find((one) => isOnNetwork(one, address));
  if (network === undefined) return link('ok', say`${address} is no address of this lab: it lies outside`);
  if (gatewaysOf(network).includes(address))
    return link('ok', say`${address} is the gateway of network ${network.name}`);
  const machines = lab.machines.flatMap((machine) => declaredAddresses(machine).map((one) => `${machine.name} ${one}`));
  return link(
    'broken',
    host === address
      ? say`no machine of this lab has the address ${address}`
      : say`no machine of this lab has the address ${address}, which ${host} stands for`,
    say`Use the address of the machine that you mean: ${machines.join(', ')}.`,
  );
}

/** `/24` of the network that the address belongs to. */
function prefixOf({ lab }: ReachFacts, address: string): string {
  const network = lab.networks.find((one) => isOnNetwork(one, address));
  const subnet = network && subnetLike(network, address);
  return subnet?.slice(subnet.indexOf('/')) ?? '';
}

function link(state: ReachLink['state'], seen: string, cure?: string): ReachLink {
  return { link: 'address', state, seen, ...(cure === undefined ? {} : { cure }) };
}
