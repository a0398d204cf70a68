import { formatSubnet, overlaps, parseSubnet, type Subnet } from '../../core/ipv4.ts';
import type { Network } from '../../lab/types.ts';

/** The interface of slirp4netns in the lab's own network namespace, the way out. */
export const uplink = 'tap0';

/** A /24 for the link between the lab and slirp4netns that none of the lab's networks uses. slirp4netns takes .2 for itself, .3 for DNS, .100 for us. */
export function uplinkSubnet(networks: Iterable<Network>): Subnet {
  const taken = [...networks].map(({ subnet }) => subnet);
  const candidates = ['10.0.2.0/24', '10.255.2.0/24', '172.31.254.0/24', '192.0.2.0/24', '198.51.100.0/24'].map((text) => parseSubnet(text)!);
  return candidates.find((candidate) => !taken.some((subnet) => overlaps(candidate, subnet))) ?? candidates[0]!;
}

/** Networks of a lab do not reach each other, only the world, as with VirtualBox's NAT networks; source addresses are translated (nft(8)). */
export function natRules(networks: readonly { readonly bridge: string; readonly network: Network }[]): string {
  const translated = networks.filter(({ network }) => network.nat);
  return [
    'table ip lab {',
    '  chain forward {',
    '    type filter hook forward priority 0; policy drop;',
    `    iifname "${uplink}" ct state established,related accept`,
    // Where the kernel has br_netfilter, frames between machines of one network pass here too.
    ...networks.map(({ bridge }) => `    iifname "${bridge}" oifname "${bridge}" accept`),
    ...translated.map(({ bridge }) => `    iifname "${bridge}" oifname "${uplink}" accept`),
    // A program learns at once that there is no way, instead of waiting for its own time limit.
    '    reject with icmp type admin-prohibited',
    '  }',
    '  chain post {',
    '    type nat hook postrouting priority 100; policy accept;',
    ...translated.map(({ network }) => `    ip saddr ${formatSubnet(network.subnet)} oifname "${uplink}" masquerade`),
    '  }',
    '}',
    '',
  ].join('\n');
}
