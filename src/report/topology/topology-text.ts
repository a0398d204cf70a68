import { addressesText } from '../../core/text/address-words.ts';
import { say } from '../../core/language/say.ts';
import { oneLine } from '../run/words.ts';
import { programText, type Topology, type TopologyMachine } from './topology.ts';

/**
 * A lab as a tree for the terminal:
 *
 *     natnet  192.168.100.0/24, gateway 192.168.100.1, NAT
 *     ├─ vm1  eth0 192.168.100.4  (ildvm1)  server :7999
 *     └─ vm2  eth0 192.168.100.5  (ildvm2)  client
 *
 * A machine on two networks stands below both. Ends with a line feed.
 */
export function topologyText({ networks, machines }: Topology): string {
  const trees = networks.map(({ name, subnet, gateway, nat }) => {
    const facts = [subnet, ...(gateway === undefined ? [] : [say`gateway ${gateway}`]), ...(nat ? ['NAT'] : [])];
    return tree(
      `${name}  ${facts.join(', ')}`,
      machines.flatMap((machine) => linesOn(machine, name)),
    );
  });
  const alone = machines.filter(({ interfaces }) => interfaces.length === 0).map((machine) => describe(machine, ''));
  return [...trees, ...(alone.length === 0 ? [] : [tree('(no network)', alone)])].map((text) => `${text}\n`).join('\n');
}

function tree(root: string, branches: readonly string[]): string {
  return [root, ...branches.map((branch, index) => `${index === branches.length - 1 ? '└─' : '├─'} ${branch}`)]
    .map(oneLine)
    .join('\n');
}

function linesOn(machine: TopologyMachine, network: string): string[] {
  return machine.interfaces
    .filter((port) => port.network === network)
    .map((port) => describe(machine, `  ${port.name} ${addressesText(port)}`));
}

function describe({ name, user, forward, programs }: TopologyMachine, address: string): string {
  const kind = forward === true ? `  ${say`router`}` : '';
  return `${name}${address}  (${user})${kind}${programs.map((program) => `  ${programText(program)}`).join('')}`;
}
