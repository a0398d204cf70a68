import {
  formatIPv4,
  formatSubnet,
  nowhere,
  overlaps,
  parseSubnet,
  privateRanges,
  type Subnet,
} from '../../../core/ipv4.ts';
import { formatSubnet6 } from '../../../core/ipv6.ts';
import type { Network } from '../../../lab/types.ts';

/** The interface of slirp4netns in the lab's own network namespace, the way out. */
export const UPLINK = 'tap0';

/**
 * A /24 for the link between the lab and slirp4netns that none of the lab's networks uses. slirp4netns takes .2 for
 * itself, .3 for DNS, .100 for us.
 */
export function uplinkSubnet(networks: Iterable<Network>): Subnet {
  const taken = [...networks].flatMap(({ subnet }) => subnet ?? []);
  const candidates = ['10.0.2.0/24', '10.255.2.0/24', '172.31.254.0/24', '192.0.2.0/24', '198.51.100.0/24'].map(
    (text) => parseSubnet(text)!,
  );
  return candidates.find((candidate) => !taken.some((subnet) => overlaps(candidate, subnet))) ?? candidates[0]!;
}

/** What slirp4netns answers name queries on; all other ports of it would be those of the host's own name server. */
export function uplinkNameserver(networks: Iterable<Network>): string {
  return formatIPv4(uplinkSubnet(networks).network + 3);
}

/** The link between the lab and slirp4netns, which takes ::2 for itself, ::3 for DNS and ::100 for us. */
const UPLINK6 = 'fd00::/64';

/** As `uplinkNameserver`, by IPv6. */
export const UPLINK_NAMESERVER6 = 'fd00::3';

/** The same of IPv6 as `nowhere` and `privateRanges` are of IPv4 (RFC 4291, RFC 4193). */
const nowhere6 = ['::/127', '::ffff:0:0/96', 'fe80::/10', 'ff00::/8'];
const private6 = ['fc00::/7'];

/**
 * Rules for nft(8). Networks of a lab do not reach each other, only the world, as with VirtualBox's NAT networks;
 * source addresses are translated. slirp4netns connects from the host, so the host's own addresses are no destination:
 * address-guard.pl fills the sets `own4` and `own6`, and keeps them.
 */
export function natRules(networks: readonly { readonly bridge: string; readonly network: Network }[]): string {
  const all = networks.map(({ network }) => network);
  const translated = networks.filter(({ network }) => network.nat || network.nat6);
  const byFamily = {
    ip: networks.filter(({ network }) => network.nat),
    ip6: networks.filter(({ network }) => network.nat6),
  };
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
    ...toNameserver(byFamily.ip, `ip daddr ${uplinkNameserver(all)}`),
    ...toNameserver(byFamily.ip6, `ip6 daddr ${UPLINK_NAMESERVER6}`),
    `    ip daddr { ${[...nowhere, formatSubnet(uplinkSubnet(all))].join(', ')} } goto refuse`,
    `    ip6 daddr { ${[...nowhere6, UPLINK6].join(', ')} } goto refuse`,
    '    ip daddr @own4 goto refuse',
    '    ip6 daddr @own6 goto refuse',
    ...guarded.flatMap(({ bridge }) => [
      `    iifname "${bridge}" ip daddr { ${privateRanges.join(', ')} } goto refuse`,
      `    iifname "${bridge}" ip6 daddr { ${private6.join(', ')} } goto refuse`,
    ]),
    ...byFamily.ip.map(({ bridge }) => `    iifname "${bridge}" oifname "${UPLINK}" meta nfproto ipv4 accept`),
    ...byFamily.ip6.map(({ bridge }) => `    iifname "${bridge}" oifname "${UPLINK}" meta nfproto ipv6 accept`),
    '    goto refuse',
    '  }',
    '}',
    ...translation(
      'ip',
      byFamily.ip.map(({ network }) => formatSubnet(network.subnet!)),
    ),
    ...translation(
      'ip6',
      byFamily.ip6.map(({ network }) => formatSubnet6(network.subnet6!)),
    ),
    '',
  ].join('\n');
}

function toNameserver(networks: readonly { readonly bridge: string }[], destination: string): string[] {
  const names = networks.map(({ bridge }) => `"${bridge}"`).join(', ');
  if (names === '') return [];
  return [`    iifname { ${names} } ${destination} meta l4proto { tcp, udp } th dport 53 accept`];
}

function translation(family: 'ip' | 'ip6', subnets: readonly string[]): string[] {
  if (subnets.length === 0) return [];
  return [
    `table ${family} lab {`,
    '  chain post {',
    '    type nat hook postrouting priority 100; policy accept;',
    ...subnets.map((subnet) => `    ${family} saddr ${subnet} oifname "${UPLINK}" masquerade`),
    '  }',
    '}',
  ];
}
