import type { Machine } from '../../../lab/types.ts';

/**
 * Words of pcap-filter(7): a machine of such a name can be named only with a backslash before it, as tcpdump itself has
 * it.
 */
const keywords = new Set([
  'dst',
  'src',
  'link',
  'ether',
  'ppp',
  'slip',
  'fddi',
  'tr',
  'wlan',
  'arp',
  'rarp',
  'ip',
  'sctp',
  'tcp',
  'udp',
  'icmp',
  'igmp',
  'igrp',
  'pim',
  'vrrp',
  'carp',
  'radio',
  'ip6',
  'icmp6',
  'ah',
  'esp',
  'atalk',
  'aarp',
  'decnet',
  'lat',
  'sca',
  'moprc',
  'mopdl',
  'iso',
  'esis',
  'es-is',
  'isis',
  'is-is',
  'l1',
  'l2',
  'iih',
  'lsp',
  'snp',
  'csnp',
  'psnp',
  'clnp',
  'stp',
  'ipx',
  'netbeui',
  'host',
  'net',
  'mask',
  'port',
  'portrange',
  'proto',
  'protochain',
  'gateway',
  'type',
  'subtype',
  'direction',
  'dir',
  'ra',
  'ta',
  'address1',
  'address2',
  'address3',
  'address4',
  'addr1',
  'addr2',
  'addr3',
  'addr4',
  'less',
  'greater',
  'byte',
  'broadcast',
  'multicast',
  'and',
  'or',
  'not',
  'len',
  'length',
  'inbound',
  'outbound',
  'ifindex',
  'ifname',
  'on',
  'rset',
  'ruleset',
  'rulenum',
  'rnr',
  'srnr',
  'subrulenum',
  'reason',
  'action',
  'vlan',
  'mpls',
  'pppoed',
  'pppoes',
  'geneve',
  'vxlan',
  'lane',
  'llc',
  'metac',
  'bcc',
  'oamf4ec',
  'oamf4sc',
  'oamf4',
  'oam',
  'sc',
  'ilmic',
  'vpi',
  'vci',
  'connectmsg',
  'metaconnect',
  'fisu',
  'lssu',
  'lsu',
  'msu',
  'hfisu',
  'hlssu',
  'hmsu',
  'sio',
  'opc',
  'dpc',
  'sls',
  'icmptype',
  'icmpcode',
  'icmp-echo',
  'tcpflags',
  'tcp-syn',
  'tcp-fin',
  'tcp-rst',
  'tcp-push',
  'tcp-ack',
  'tcp-urg',
]);

/** What follows these names a service or a protocol. */
const otherNames = new Set(['port', 'portrange', 'proto', 'protochain']);

/** Words that leave addresses of one family only: libpcap refuses those of the other behind them. */
const families = new Map([
  ['ip', 'address'],
  ['arp', 'address'],
  ['rarp', 'address'],
  ['ip6', 'address6'],
] as const);

/** Words that end what such a word is said of. */
const joints = new Set(['and', 'or', 'not']);

/**
 * An expression of pcap-filter(7) with addresses in the place of the names of machines, which this host does not know:
 * it is compiled here. A machine of several addresses is each of them, as with names that have several.
 */
export function withAddresses(filter: string, machines: readonly Machine[]): string {
  const known = new Map(machines.map(({ name, interfaces }) => [name.toLowerCase(), interfaces]));
  let before = '';
  let family: 'address' | 'address6' | undefined;
  return filter.replaceAll(/\\?[A-Za-z0-9][\w.-]*/g, (word) => {
    const isOther = otherNames.has(before);
    before = word;
    family = joints.has(word) ? undefined : (families.get(word as 'ip') ?? family);
    if (keywords.has(word) || isOther) return word;
    const wanted = family === undefined ? (['address', 'address6'] as const) : [family];
    const interfaces = known.get(word.replace('\\', '').toLowerCase()) ?? [];
    const addresses = interfaces.flatMap((one) => wanted.flatMap((kind) => one[kind] ?? []));
    if (addresses.length === 0) return word;
    return addresses.length === 1 ? addresses[0]! : `(${addresses.join(' or ')})`;
  });
}
