import {
  formatIPv4,
  formatSubnet,
  nowhere,
  overlaps,
  parseSubnet,
  privateRanges,
  type Subnet,
} from '../../../core/ipv4.ts';
import type { Network } from '../../../lab/types.ts';

/** The interface of slirp4netns in the lab's own network namespace, the way out. */
export const UPLINK = 'tap0';

/**
 * A /24 for the link between the lab and slirp4netns that none of the lab's networks uses. slirp4netns takes .2 for
 * itself, .3 for DNS, .100 for us.
 */
export function uplinkSubnet(networks: Iterable<Network>): Subnet {
  const taken = [...networks].map(({ subnet }) => subnet);
  const candidates = ['10.0.2.0/24', '10.255.2.0/24', '172.31.254.0/24', '192.0.2.0/24', '198.51.100.0/24'].map(
    (text) => parseSubnet(text)!,
  );
  return candidates.find((candidate) => !taken.some((subnet) => overlaps(candidate, subnet))) ?? candidates[0]!;
}

/** What slirp4netns answers name queries on; all other ports of it would be those of the host's own name server. */
export function uplinkNameserver(networks: Iterable<Network>): string {
  return formatIPv4(uplinkSubnet(networks).network + 3);
}

/**
 * The same of IPv6 as `nowhere` and `privateRanges` are of IPv4 (RFC 4291, RFC 4193); no rule of a lab routes it yet.
 */
const nowhere6 = ['::/127', '::ffff:0:0/96', 'fe80::/10', 'ff00::/8'];
const private6 = ['fc00::/7'];

/**
 * Rules for nft(8). Networks of a lab do not reach each other, only the world, as with VirtualBox's NAT networks;
 * source addresses are translated. slirp4netns connects from the host, so the host's own addresses are no destination:
 * address-guard.pl fills the sets `own4` and `own6`, and keeps them.
 */
export function natRules(networks: readonly { readonly bridge: string; readonly network: Network }[]): string {
  const all = networks.map(({ network }) => network);
  const translated = networks.filter(({ network }) => network.nat);
  const names = translated.map(({ bridge }) => `"${bridge}"`).join(', ');
  const guarded = translated.filter(({ network }) => network.reachesPrivate !== true);
  return [
    'table inet lab {',
    '  set own4 { type ipv4_addr; }',
    '  set own6 { type ipv6_addr; }',
    // A program learns at once that there is no way, instead of waiting for its own time limit: connect(2) takes an
    // ICMP error for a passing trouble.
    '  chain refuse {',
    '    meta l4proto tcp reject with tcp reset',
    '    reject with icmpx type admin-prohibited',
    '  }',
    '  chain forward {',
    '    type filter hook forward priority 0; policy drop;',
    `    iifname "${UPLINK}" ct state established,related accept`,
    // Where the kernel has br_netfilter, frames between machines of one network pass here too.
    ...networks.map(({ bridge }) => `    iifname "${bridge}" oifname "${bridge}" accept`),
    `    iifname { ${names} } ip daddr ${uplinkNameserver(all)} meta l4proto { tcp, udp } th dport 53 accept`,
    `    ip daddr { ${[...nowhere, formatSubnet(uplinkSubnet(all))].join(', ')} } goto refuse`,
    `    ip6 daddr { ${nowhere6.join(', ')} } goto refuse`,
    '    ip daddr @own4 goto refuse',
    '    ip6 daddr @own6 goto refuse',
    ...guarded.flatMap(({ bridge }) => [
      `    iifname "${bridge}" ip daddr { ${privateRanges.join(', ')} } goto refuse`,
      `    iifname "${bridge}" ip6 daddr { ${private6.join(', ')} } goto refuse`,
    ]),
    ...translated.map(({ bridge }) => `    iifname "${bridge}" oifname "${UPLINK}" accept`),
    '    goto refuse',
    '  }',
    '}',
    'table ip lab {',
    '  chain post {',
    '    type nat hook postrouting priority 100; policy accept;',
    ...translated.map(({ network }) => `    ip saddr ${formatSubnet(network.subnet)} oifname "${UPLINK}" masquerade`),
    '  }',
    '}',
    '',
  ].join('\n');
}
