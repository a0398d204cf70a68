import { isIPv4 } from 'node:net';
import { hasPort, portsOf, type ListenPort } from '../core/listen-port.ts';

/** A machine on which packets are captured. */
export interface CapturingMachine {
  readonly name: string;
  /** Of all its interfaces. */
  readonly addresses: readonly string[];
  /** Of the programs that listen there. */
  readonly ports: readonly ListenPort[];
  /** UDP ports of programs there and elsewhere, whose datagrams are captured at both ends. */
  readonly datagramPorts: readonly number[];
}

/**
 * Fragments of datagrams after the first have no port (RFC 791, section 3.2). Of IPv6 every fragment has its header
 * (RFC 8200, section 4.5) before the one with the port, where a filter does not look for that.
 */
const UDP_FRAGMENTS = '(ip proto 17 and ip[6:2] & 0x1fff != 0) or (ip6 proto 44 and ip6[40] = 17)';

/**
 * What a machine captures (pcap-filter(7)): connections to its ports, but for those that one of the `others` captures,
 * too, and would show twice; and datagrams, with their fragments, the errors of ICMP that cite them, and the questions and
 * answers by which machines find each other on a network.
 */
export function captureFilter(machine: CapturingMachine, others: readonly CapturingMachine[]): string {
  const { datagramPorts } = machine;
  const parts = [
    connectionFilter(machine, others),
    ...datagramPorts.map((port) => `udp port ${port}`),
    ...(datagramPorts.length === 0 ? [] : [`(${UDP_FRAGMENTS})`]),
    ...datagramPorts.map((port) => `(${errorsAbout(port)})`),
    ...(datagramPorts.length === 0 ? [] : neighbourFilter(machine)),
  ];
  return parts.filter((part) => part !== '').join(' or ');
}

function connectionFilter({ name, ports }: CapturingMachine, machines: readonly CapturingMachine[]): string {
  const wanted = portsOf('tcp', ports)
    .map((port) => `tcp port ${port}`)
    .join(' or ');
  const elsewhere = machines.flatMap((other) =>
    other.name === name
      ? []
      : portsOf('tcp', other.ports)
          .filter((port) => hasPort(ports, { port }))
          .flatMap((port) => servedBy(other, port)),
  );
  return elsewhere.length === 0 ? wanted : `((${wanted}) and not (${elsewhere.join(' or ')}))`;
}

/** The packets of connections to a port of another machine. */
function servedBy({ addresses }: CapturingMachine, port: number): string[] {
  return addresses.map(
    (address) => `(dst host ${address} and tcp dst port ${port}) or (src host ${address} and tcp src port ${port})`,
  );
}

const NEIGHBOUR_DISCOVERY = '(ip6 proto 58 and (ip6[40] = 135 or ip6[40] = 136))';

/**
 * How machines of a network find each other: ARP (RFC 826) from and for this one, all of it where it has no address yet;
 * in IPv6, solicitations and advertisements of neighbours (RFC 4861). On a network that is not the lab's own, others
 * ask, too.
 */
function neighbourFilter({ addresses }: CapturingMachine): string[] {
  const [old, current] = [addresses.filter(isIPv4), addresses.filter((address) => !isIPv4(address))];
  return [
    ...(addresses.length === 0 ? ['arp'] : old.map((address) => `(arp host ${address})`)),
    ...(current.length === 0 ? [] : [NEIGHBOUR_DISCOVERY]),
  ];
}

/**
 * Errors of ICMP (RFC 792) and ICMPv6 (RFC 4443, section 2.1: types below 128) that cite a datagram with this port: the
 * packet that is cited follows 8 bytes after the beginning, its header without options.
 */
function errorsAbout(port: number): string {
  const cites = (where: string, protocolAt: number, portsAt: number): string =>
    `${where}[${protocolAt}] = 17 and (${where}[${portsAt}:2] = ${port} or ${where}[${portsAt + 2}:2] = ${port})`;
  const old = `(icmp[0] = 3 or icmp[0] = 11 or icmp[0] = 12) and ${cites('icmp', 17, 28)}`;
  return `(${old}) or (ip6 proto 58 and ip6[40] < 128 and ${cites('ip6', 54, 88)})`;
}
