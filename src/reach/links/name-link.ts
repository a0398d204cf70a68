import { isLoopback } from '../../core/socket-address.ts';
import { addressesOf, declaredAddresses, type ReachFacts } from '../reach-facts.ts';
import type { ReachLink } from '../reach-report.ts';
import { say } from '../../core/language/say.ts';

/** Whether the name stands for the machine that is meant, on the machine that asks. */
export function nameLink(facts: ReachFacts): ReachLink {
  const { from, host, isAddress, source, to, target } = facts;
  if (isAddress) return ok(say`${host} is an address; no name has to be looked up`);
  const { names, hosts } = source;
  if (names === undefined) return unknown(say`${from} has no getent to look the name ${host} up with`);
  const shown = names.join(', ');
  if (names.length === 0) {
    return broken(say`${from} does not know the name ${host}`, addName(facts));
  }
  if (to === undefined) return ok(say`${host} is ${shown} on ${from}`);
  const [first = ''] = names;
  const isRight = isLoopback(first) ? to.name === from : addressesOf(to, target).includes(first);
  const meaning = say`${host} is ${shown} on ${from}`;
  if (isRight) return ok(onItself(facts, meaning) ?? meaning);
  const [line] = hosts;
  const found =
    line === undefined ? meaning : say`${meaning} (line ${line.trim().replaceAll(/\s+/g, ' ')} of /etc/hosts)`;
  return broken(
    isLoopback(first) ? say`${found}: that is ${from} itself` : say`${found}, and ${to.name} has ${declared(facts)}`,
    line === undefined
      ? addName(facts)
      : say`Correct line ${line.split(':')[0]!} of /etc/hosts on ${from}. It should say: ${declared(facts)} ${host}`,
  );
}

/** A server that binds to its own name listens on what the name is there: on Debian often 127.0.1.1. */
function onItself({ from, to, target }: ReachFacts, meaning: string): string | undefined {
  const own = target?.names?.[0];
  return to !== undefined && to.name !== from && own !== undefined && isLoopback(own)
    ? say`${meaning}; on ${to.name} itself it is ${own}, which no other machine reaches`
    : undefined;
}

function addName(facts: ReachFacts): string {
  const { from, host, to } = facts;
  if (to !== undefined && declared(facts) === '')
    return say`The lab file gives ${to.name} no address. See which it has, and use that: lab exec ${to.name} -- ip -brief address`;
  return to === undefined
    ? say`Use an address, or add a line with its address and ${host} to /etc/hosts on ${from}.`
    : say`Add the line "${declared(facts)} ${host}" to /etc/hosts on ${from}, or use the address ${declared(facts)}.`;
}

function declared({ to }: ReachFacts): string {
  return declaredAddresses(to)[0] ?? '';
}

function ok(seen: string): ReachLink {
  return { link: 'name', state: 'ok', seen };
}
function unknown(seen: string): ReachLink {
  return { link: 'name', state: 'unknown', seen };
}
function broken(seen: string, cure: string): ReachLink {
  return { link: 'name', state: 'broken', seen, cure };
}
