import * as z from 'zod';
import { canonicalAddress } from '../../core/address-family.ts';
import { say } from '../../core/language/say.ts';
import { field, text } from './field.ts';
import {
  address6Rule,
  addressRule,
  destinationRule,
  DNS_NAME,
  dnsNameRule,
  gateway6Rule,
  gatewayRule,
  MAC_ADDRESS,
  machineGatewayRule,
  macRule,
  ownAddressRule,
  subnet6Rule,
  subnetRule,
  SYSCTL_NAME,
  sysctlRule,
  viaRule,
} from './network-rules.ts';
import { hostNameRule, INTERFACE_NAME, interfaceNameRule, wordRule } from './rules.ts';
import { HOST_LABEL } from './text-rule.ts';

/** The fields of `lab.yaml` that say what is joined to what, and which way packets go. */

const ADDRESS = /^(?:\d{1,3}\.){3}\d{1,3}$|^[\da-fA-F.]*:[\da-fA-F:.]*$/;
const OWN_ADDRESS = /^none$|^(?:\d{1,3}\.){3}\d{1,3}$|^[\da-fA-F.]*:[\da-fA-F:.]*$/;
const ADDRESS6 = /^[\da-fA-F.]*:[\da-fA-F:.]*$/;
const CIDR = /^(?:(?:\d{1,3}\.){3}\d{1,3}|[\da-fA-F.]*:[\da-fA-F:.]*)\/\d{1,3}$/;
const CIDR6 = /^[\da-fA-F.]*:[\da-fA-F:.]*\/\d{1,3}$/;

/** The same address has the same text. */
const canonical = (written: string): string => canonicalAddress(written) ?? written;

const address = text(addressRule, ADDRESS).transform(canonical);
const ownAddress = text(ownAddressRule, OWN_ADDRESS).transform(canonical);
const address6 = text(address6Rule, ADDRESS6).transform(canonical);
const subnet = text(subnetRule, CIDR);
const subnet6 = text(subnet6Rule, CIDR6);

const addressList = z.array(address).min(1);

/** One address or `none`, or several addresses. */
export const addresses = z.union([ownAddress, addressList]);

const mtu = z.int().min(68).max(65_535);

const natOptions = z
  .strictObject({
    private: field(
      z.boolean(),
      [
        say`Whether machines also reach private addresses around this host, such as a mirror of the school.`,
        say`They never reach the host itself.`,
      ],
      true,
    ),
  })
  .meta({ description: say`What lies beyond the gateway.`, examples: [{ private: true }] });

const dnsTarget = text(viaRule);

export const network = z
  .strictObject({
    subnet: field(
      z.union([subnet, z.array(subnet).min(1)]).optional(),
      [say`The addresses of the network, in CIDR notation: a subnet of IPv4 or IPv6, or a list of one of each.`],
      '192.168.100.0/24',
    ),
    subnet6: field(
      subnet6.optional(),
      say`The IPv6 addresses of the network, from \`/48\` to \`/127\`.`,
      'fd00:1::/64',
    ),
    gateway: field(
      z.union([text(gatewayRule, ADDRESS).transform(canonical), z.literal(false)]).optional(),
      [
        say`The network's own address, or that of a machine with \`forward: true\`, which is the gateway then.`,
        say`Default: the first of the subnet; none in a subnet of two addresses (\`/31\`).`,
        say`\`false\`: no gateway.`,
      ],
      '192.168.100.1',
    ),
    gateway6: field(
      z.union([text(gateway6Rule, ADDRESS6).transform(canonical), z.literal(false)]).optional(),
      [
        say`The same for IPv6.`,
        say`Default: the first address of \`subnet6\`, or that of the machine that is the gateway for IPv4; none in a \`/127\`.`,
      ],
      'fd00:1::1',
    ),
    nat: field(
      z.union([z.boolean(), natOptions]).optional(),
      [
        say`Whether machines reach the outside through the gateway.`,
        say`Default: \`true\`, if there is a gateway and it is no machine.`,
        say`\`{ private: true }\`: private addresses around this host, too, but never the host itself.`,
      ],
      true,
    ),
    nat6: field(
      z.boolean().optional(),
      [
        say`Whether machines reach the outside by IPv6, too, where this host does; their addresses are translated as for IPv4 (NAT66).`,
        say`Default: \`false\`.`,
      ],
      true,
    ),
    'router-advertisement': field(
      z.boolean().optional(),
      [
        say`Whether the gateway announces itself and the prefix of \`subnet6\`, a \`/64\`: machines without an IPv6 address then give themselves one.`,
        say`Default: \`false\`.`,
      ],
      true,
    ),
    mtu: field(mtu.optional(), say`The largest packet that it carries, in bytes. Default: 1500.`, 1400),
    dns: field(
      z.record(text(dnsNameRule, DNS_NAME), z.union([dnsTarget, z.array(dnsTarget).min(1)])).optional(),
      say`Names that machines of this network know in addition to those of machines: each a machine or an address, or a list of them.`,
      { 'www.tp.lan': 'vm1' },
    ),
  })
  .meta({
    description: say`A network. Short form: \`natnet: 192.168.100.0/24\`, with a gateway (the first address) and NAT.`,
    examples: ['192.168.100.0/24', { subnet: '192.168.100.0/24', gateway: '192.168.100.1', nat: true }],
  });

export const networks = z
  .record(text(hostNameRule, HOST_LABEL), z.union([subnet, z.array(subnet).min(1), network]))
  .nullish();

const ends = z
  .array(z.string())
  .refine((names) => names.length === 2, {
    message: say`must be the names of two machines`,
    params: { hint: say`for example: ${'[r1, r2]'}` },
  })
  .meta({ minItems: 2, maxItems: 2 });

export const link = z
  .strictObject({
    between: field(ends, say`The names of the two machines.`, ['r1', 'r2']),
    name: field(
      text(hostNameRule, HOST_LABEL).optional(),
      say`Name of the network that it is. Default: the two names with a \`-\` between them.`,
      'r1-r2',
    ),
    subnet: field(
      z.union([subnet, z.array(subnet).min(1)]).optional(),
      [
        say`Its addresses, of which each machine has one, the first machine the lower.`,
        say`Default: a \`/31\` that nothing else in the lab uses, and a \`/127\` in a lab with IPv6.`,
      ],
      '10.9.0.0/31',
    ),
    subnet6: field(subnet6.optional(), say`Its IPv6 addresses.`, 'fd00:9::/127'),
    mtu: field(mtu.optional(), say`The largest packet that it carries, in bytes. Default: 1500.`, 1400),
  })
  .meta({
    description: say`A cable between two machines. Short form: \`[r1, r2]\`. Each gets one more interface, the next free \`ethN\`.`,
    examples: [['r1', 'r2'], { between: ['r1', 'r2'], subnet: '10.9.0.0/31' }],
  });

export const links = z.array(z.union([ends, link])).nullish();

export const machineInterface = z
  .strictObject({
    network: field(
      z.string().optional(),
      say`Name of a network. Default: the one network whose subnet holds the address.`,
      'natnet',
    ),
    address: field(
      addresses.optional(),
      [
        say`The machine's address on that network, or a list of one of IPv4 and one of IPv6.`,
        say`Left out, or \`none\`: it has none, and may ask for one (DHCP).`,
      ],
      '192.168.100.4',
    ),
    address6: field(address6.optional(), say`Its IPv6 address on that network.`, 'fd00:1::4'),
    mac: field(
      text(macRule, MAC_ADDRESS).optional(),
      say`Its MAC address. Default: one that is the same at each \`lab up\`.`,
      '02:00:00:00:00:01',
    ),
    mtu: field(mtu.optional(), say`The largest packet that it sends, in bytes. Default: that of the network.`, 1400),
  })
  .meta({
    description: say`A network interface. Short form: \`eth0: 192.168.100.4\`.`,
    examples: ['192.168.100.4', { network: 'natnet', address: '192.168.100.4' }],
  });

export const interfaces = z
  .record(text(interfaceNameRule, INTERFACE_NAME), z.union([ownAddress, addressList, machineInterface]))
  .optional();

export const route = z
  .strictObject({
    to: field(
      text(destinationRule),
      say`Where it leads: a subnet, an address, the name of a network, or \`default\`.`,
      '10.2.0.0/24',
    ),
    via: field(text(viaRule), say`The next router: its address, or its name.`, '10.1.0.1'),
  })
  .meta({ description: say`A static route.`, examples: [{ to: '10.2.0.0/24', via: '10.1.0.1' }] });

/** The fields of a machine that are about ways. */
export const wayFields = {
  forward: field(
    z.boolean().optional(),
    [
      say`\`true\`: it is a router, and sends packets that are not for it on, of IPv4 and IPv6.`,
      say`A network whose gateway is its address has it as gateway.`,
      say`Default: \`false\`.`,
    ],
    true,
  ),
  routes: field(
    z.union([z.literal('auto'), z.array(route)]).optional(),
    [
      say`Static routes, in addition to those to its own networks.`,
      say`\`auto\`: the shortest ways over the routers of the lab to all its networks.`,
    ],
    [{ to: '10.2.0.0/24', via: '10.1.0.1' }],
  ),
  gateway: field(
    z.union([text(machineGatewayRule, ADDRESS).transform(canonical), z.literal(false)]).optional(),
    [
      say`Its default gateway. Default: that of its first network with one; a router takes no other router.`,
      say`\`false\`: no default route.`,
    ],
    '10.1.0.254',
  ),
  sysctls: field(
    z.record(text(sysctlRule, SYSCTL_NAME), z.union([text(wordRule), z.number(), z.boolean()])).optional(),
    [
      say`Settings of its kernel, as sysctl(8) names them.`,
      say`Machines of netns have those of their own network: \`net.\`, as far as the kernel keeps them apart.`,
    ],
    { 'net.ipv4.tcp_congestion_control': 'cubic' },
  ),
} as const;
