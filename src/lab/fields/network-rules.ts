import { formatIPv4, formatSubnet, overlaps, parseIPv4, parseSubnet, type Subnet } from '../../core/ipv4.ts';
import { formatSubnet6, ipv6Text, overlaps6, parseIPv6, parseSubnet6, type Subnet6 } from '../../core/ipv6.ts';
import { say } from '../../core/language/say.ts';
import { HOST_LABEL, quoted, type TextRule } from './text-rule.ts';

const SMALLEST_PREFIX = 8;
const LARGEST_PREFIX = 31;
/** More than any one site is given (RFC 6177); two routers and nothing else (RFC 6164). */
const SMALLEST_PREFIX6 = 48;
const LARGEST_PREFIX6 = 127;

/** What a machine writes in place of an address that it has not got yet. */
export const NO_ADDRESS = 'none';

/** Ranges that no network of machines can have (RFC 6890). */
const reservedRanges: readonly { readonly subnet: Subnet; readonly use: string }[] = [
  { subnet: parseSubnet('0.0.0.0/8')!, use: say`hosts that have no address yet` },
  { subnet: parseSubnet('127.0.0.0/8')!, use: say`a host that talks to itself` },
  { subnet: parseSubnet('224.0.0.0/3')!, use: say`multicast and future use` },
];

/** The same of IPv6 (RFC 4291, section 2.4). */
const reservedRanges6: readonly { readonly subnet: Subnet6; readonly use: string }[] = [
  { subnet: parseSubnet6('::/96')!, use: say`a host that talks to itself` },
  { subnet: parseSubnet6('::ffff:0:0/96')!, use: say`IPv4 addresses inside programs` },
  { subnet: parseSubnet6('fe80::/10')!, use: say`one link each, and machines have them already` },
  { subnet: parseSubnet6('ff00::/8')!, use: say`multicast` },
];

/** An address of either family. */
export const addressRule: TextRule = (text) => {
  if (parseIPv4(text) !== undefined || parseIPv6(text) !== undefined) return undefined;
  return { message: say`must be an IPv4 or IPv6 address, not ${quoted(text)}`, hint: addressHint(text) };
};

/** An address of either family, or `none`. */
export const ownAddressRule: TextRule = (text) => (text === NO_ADDRESS ? undefined : addressRule(text));

export const address6Rule: TextRule = (text) => {
  if (parseIPv6(text) !== undefined) return undefined;
  const hint =
    parseIPv4(text) === undefined ? addressHint(text, say`for example fd00:1::4`) : say`for example fd00:1::4`;
  return { message: say`must be an IPv6 address, not ${quoted(text)}`, hint };
};

function addressHint(text: string, example = say`four numbers from 0 to 255, for example 192.168.100.4`): string {
  const [address = '', ...more] = text.split('/');
  if (more.length > 0 && addressRule(address) === undefined)
    return say`write ${address} alone; the network has the prefix length`;
  const [plain = ''] = text.replace(/^\[(.*)\]$/, '$1').split('%');
  if (plain !== text && parseIPv6(plain) !== undefined) return say`write ${plain}`;
  if (text.includes(':')) return say`eight groups of hexadecimal digits, "::" for zeros, for example fd00:1::4`;
  const withoutZeros = text.replaceAll(/(?<=^|\.)0+(?=\d)/g, '');
  if (parseIPv4(withoutZeros) !== undefined)
    return say`write ${withoutZeros}: a leading zero means an octal number to many tools`;
  return example;
}

const MEANS_NONE = /^(?:no|none|off|false)$/i;

export const gatewayRule: TextRule = (text) => {
  const problem = addressRule(text);
  return problem && MEANS_NONE.test(text)
    ? { message: problem.message, hint: say`for a network without a gateway write false, without quotes` }
    : problem;
};

export const gateway6Rule: TextRule = (text) => {
  const problem = address6Rule(text);
  return problem && MEANS_NONE.test(text)
    ? { message: problem.message, hint: say`for a network without a gateway write false, without quotes` }
    : problem;
};

export const machineGatewayRule: TextRule = (text) => {
  const problem = addressRule(text);
  if (problem === undefined) return undefined;
  const { message } = problem;
  if (MEANS_NONE.test(text))
    return { message, hint: say`for a machine without a default route write false, without quotes` };
  if (!/^[A-Za-z]/.test(text) || !HOST_LABEL.test(text)) return problem;
  return { message, hint: say`write its address, or by name: routes: [{ to: default, via: ${text} }]` };
};

/** A subnet of either family. */
export const subnetRule: TextRule = (text) => (text.includes(':') ? subnet6Rule(text) : subnet4Rule(text));

const subnet4Rule: TextRule = (text) => {
  const subnet = parseSubnet(text);
  if (subnet === undefined) return { message: say`must be a subnet, not ${quoted(text)}`, hint: subnetHint(text) };
  const { network, prefixLength } = subnet;
  if (parseIPv4(text.split('/')[0]!) !== network) return insideOf(text, formatSubnet(subnet));
  if (prefixLength > LARGEST_PREFIX) {
    const example = formatSubnet(parseSubnet(`${formatIPv4(network)}/24`)!);
    return {
      message: say`/${prefixLength} has no room for two machines`,
      hint: say`write /${LARGEST_PREFIX} (two machines, no gateway) or a smaller number, for example ${example}`,
    };
  }
  if (prefixLength < SMALLEST_PREFIX)
    return {
      message: say`/${prefixLength} is too large a part of the Internet`,
      hint: say`write /${SMALLEST_PREFIX} or more, for example 192.168.100.0/24`,
    };
  const reserved = reservedRanges.find((range) => overlaps(range.subnet, subnet));
  return (
    reserved && {
      message: say`${formatSubnet(subnet)} cannot be a network of machines: its addresses are for ${reserved.use}`,
      hint: say`a private subnet always works, for example 192.168.100.0/24`,
    }
  );
};

export const subnet6Rule: TextRule = (text) => {
  const subnet = parseSubnet6(text);
  if (subnet === undefined)
    return { message: say`must be a subnet of IPv6, not ${quoted(text)}`, hint: subnet6Hint(text) };
  const { network, prefixLength } = subnet;
  if (parseIPv6(text.split('/')[0]!) !== network) return insideOf(text, formatSubnet6(subnet));
  const example = formatSubnet6(parseSubnet6(`${ipv6Text(network)}/64`)!);
  if (prefixLength > LARGEST_PREFIX6)
    return {
      message: say`/${prefixLength} has no room for two machines`,
      hint: say`write /${LARGEST_PREFIX6} (two machines, no gateway) or a smaller number, for example ${example}`,
    };
  if (prefixLength < SMALLEST_PREFIX6)
    return {
      message: say`/${prefixLength} is too large a part of the Internet`,
      hint: say`write /${SMALLEST_PREFIX6} or more, for example fd00:1::/64`,
    };
  const reserved = reservedRanges6.find((range) => overlaps6(range.subnet, subnet));
  return (
    reserved && {
      message: say`${formatSubnet6(subnet)} cannot be a network of machines: its addresses are for ${reserved.use}`,
      hint: say`a private subnet always works, for example fd00:1::/64`,
    }
  );
};

function insideOf(text: string, subnet: string): ReturnType<TextRule> {
  return { message: say`${quoted(text)} is an address inside the subnet ${subnet}`, hint: say`write ${subnet}` };
}

function subnetHint(text: string): string {
  if (parseIPv4(text) === undefined) return say`an address and a prefix length, for example 192.168.100.0/24`;
  const guess = parseSubnet(`${text}/24`)!;
  return say`add the prefix length, for example ${formatSubnet(guess)}`;
}

function subnet6Hint(text: string): string {
  const guess = parseSubnet6(`${text}/64`);
  return guess === undefined
    ? say`an address and a prefix length, for example fd00:1::/64`
    : say`add the prefix length, for example ${formatSubnet6(guess)}`;
}

/** Where a route leads: a subnet or an address of either family, `default`, or a network of the lab by its name. */
export const destinationRule: TextRule = (text) => {
  if (/[/:.]/.test(text)) return destinationSubnet(text) === undefined ? wrongDestination(text) : undefined;
  return HOST_LABEL.test(text) ? undefined : wrongDestination(text);
};

function wrongDestination(text: string): ReturnType<TextRule> {
  const [address = '', length] = text.split('/');
  const subnet = length === undefined ? undefined : (parseSubnet(text) ?? parseSubnet6(text));
  if (subnet !== undefined) {
    const whole =
      typeof subnet.network === 'bigint' ? formatSubnet6(subnet as Subnet6) : formatSubnet(subnet as Subnet);
    return { message: say`${quoted(text)} is an address inside the subnet ${whole}`, hint: say`write ${whole}` };
  }
  return {
    message: say`must be a subnet, the name of a network, or "default", not ${quoted(text)}`,
    hint:
      parseIPv4(address) === undefined
        ? say`for example: to: 10.2.0.0/24`
        : say`the prefix length is a number from 0 to 32`,
  };
}

/** The text of a subnet that packets can be sent to, an address as one of its own; undefined for anything else. */
export function destinationSubnet(text: string): string | undefined {
  const isAddress = !text.includes('/');
  const subnet = parseSubnet(isAddress ? `${text}/32` : text);
  if (subnet) return formatIPv4(subnet.network) === text.split('/')[0] ? formatSubnet(subnet) : undefined;
  const subnet6 = parseSubnet6(isAddress ? `${text}/128` : text);
  return subnet6 && parseIPv6(text.split('/')[0]!) === subnet6.network ? formatSubnet6(subnet6) : undefined;
}

/** The next router: an address of either family, or a machine by its name. */
export const viaRule: TextRule = (text) => {
  if (HOST_LABEL.test(text) && !/^[\d.]+$/.test(text)) return undefined;
  const problem = addressRule(text);
  if (problem === undefined) return undefined;
  const isName = /[A-Za-z]/.test(text) && !text.includes(':');
  return {
    message: say`must be an address or the name of a machine, not ${quoted(text)}`,
    hint: isName ? say`write the name of the machine alone, or its address` : problem.hint,
  };
};

/** Six octets in hexadecimal (IEEE 802), of one interface: the lowest bit of the first is for groups. */
export const MAC_ADDRESS = /^[\da-fA-F]{2}(?::[\da-fA-F]{2}){5}$/;

export const macRule: TextRule = (text) => {
  const example = say`for example: "02:00:00:00:00:01"`;
  if (!MAC_ADDRESS.test(text)) {
    const guess = text.replaceAll(/[^\da-f]/gi, '').toLowerCase();
    const hint = guess.length === 12 ? say`write ${quoted(guess.match(/../g)!.join(':'))}` : example;
    return { message: say`must be a MAC address, not ${quoted(text)}`, hint };
  }
  if (/^00(?::00){5}$/.test(text)) return { message: say`is no address: all its digits are 0`, hint: example };
  if (Number.parseInt(text.slice(0, 2), 16) % 2 === 1)
    return { message: say`is an address of a group: its first octet is odd`, hint: example };
  return undefined;
};

/** Names of settings as sysctl(8) takes them, with dots or slashes. */
export const SYSCTL_NAME = /^[a-z][\w-]*(?:[./][\w-]+)+$/;

export const sysctlRule: TextRule = (text) =>
  SYSCTL_NAME.test(text)
    ? undefined
    : { message: say`is no name of a setting of the kernel`, hint: say`for example: net.ipv4.tcp_syncookies` };

/** A name of DNS (RFC 1035, RFC 1123): labels with dots between them. */
export const DNS_NAME =
  /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;

export const dnsNameRule: TextRule = (text) => {
  if (DNS_NAME.test(text) && !/(?:^|\.)\d+$/.test(text) && text.toLowerCase() !== 'localhost') return undefined;
  return { message: say`is no legal name of a host`, hint: say`for example: www.tp.lan` };
};
