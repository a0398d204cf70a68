import { hasPort, type ListenPort } from '../core/listen-port.ts';

/** A machine on which packets are captured, because programs there listen. */
export interface CapturingMachine {
  readonly name: string;
  /** Of all its interfaces. */
  readonly addresses: readonly string[];
  readonly ports: readonly ListenPort[];
}

/**
 * Fragments of datagrams after the first have no port (RFC 791, section 3.2). Of IPv6 every fragment has its header
 * (RFC 8200, section 4.5) before the one with the port, where a filter does not look for that.
 */
const UDP_FRAGMENTS = '(ip proto 17 and ip[6:2] & 0x1fff != 0) or (ip6 proto 44 and ip6[40] = 17)';

/**
 * What one of these machines captures (pcap-filter(7)): connections to its ports, and datagrams to its ports, with
 * their fragments and the errors of ICMP that cite them. Not what another one of these machines captures, too: it would
 * show twice.
 */
export function captureFilter(machines: readonly CapturingMachine[], index: number): string {
  const machine = machines[index]!;
  const others = machines.filter((other) => other !== machine);
  const wanted = machine.ports.map(({ protocol, port }) => `${protocol} port ${port}`).join(' or ');
  const elsewhere = others.flatMap(({ addresses, ports }) =>
    ports.filter((port) => hasPort(machine.ports, port)).flatMap((port) => servedBy(addresses, port)),
  );
  const packets = elsewhere.length === 0 ? wanted : `(${wanted}) and not (${elsewhere.join(' or ')})`;
  const parts = [packets, ...fragmentsAndErrors(machine, machines.slice(0, index))];
  return parts.length === 1 ? packets : parts.map((part) => `(${part})`).join(' or ');
}

/** The packets of connections to a port of another machine. */
function servedBy(addresses: readonly string[], { protocol, port }: ListenPort): string[] {
  return addresses.map(
    (address) =>
      `(dst host ${address} and ${protocol} dst port ${port}) or (src host ${address} and ${protocol} src port ${port})`,
  );
}

/** Those between two of the machines are captured by the first of them alone. */
function fragmentsAndErrors({ ports }: CapturingMachine, before: readonly CapturingMachine[]): string[] {
  const datagramPorts = ports.filter(({ protocol }) => protocol === 'udp');
  if (datagramPorts.length === 0) return [];
  const withDatagrams = before.filter((other) => other.ports.some(({ protocol }) => protocol === 'udp'));
  return [
    without(UDP_FRAGMENTS, withDatagrams),
    ...datagramPorts.map((port) =>
      without(
        errorsOf(port.port),
        withDatagrams.filter((other) => hasPort(other.ports, port)),
      ),
    ),
  ];
}

function without(packets: string, machines: readonly CapturingMachine[]): string {
  const hosts = machines.flatMap(({ addresses }) => addresses.map((address) => `host ${address}`));
  return hosts.length === 0 ? packets : `(${packets}) and not (${hosts.join(' or ')})`;
}

/**
 * Errors of ICMP (RFC 792) and ICMPv6 (RFC 4443, section 2.1: types below 128) that cite a datagram with this port: the
 * packet that is cited follows 8 bytes after the beginning, its header without options.
 */
function errorsOf(port: number): string {
  const cites = (where: string, protocolAt: number, portsAt: number): string =>
    `${where}[${protocolAt}] = 17 and (${where}[${portsAt}:2] = ${port} or ${where}[${portsAt + 2}:2] = ${port})`;
  const old = `(icmp[0] = 3 or icmp[0] = 11 or icmp[0] = 12) and ${cites('icmp', 17, 28)}`;
  return `(${old}) or (ip6 proto 58 and ip6[40] < 128 and ${cites('ip6', 54, 88)})`;
}
