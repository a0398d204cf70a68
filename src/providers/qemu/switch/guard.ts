import { contains, isNowhere, isPrivate, type Subnet } from '../../../core/ipv4.ts';

/** What the gateway of a network is for; addresses are numbers as `parseIPv4` gives them. */
export interface Guard {
  readonly subnet: Subnet;
  readonly gateway: number;
  readonly nameserver: number;
  /** Whether addresses of private use around this host are destinations, too. */
  readonly reachesPrivate?: boolean | undefined;
}

/** Offsets in an Ethernet frame (IEEE 802.3) that holds IPv4 (RFC 791). */
const ETHER_TYPE_AT = 12;
const IP_AT = 14;
const SHORTEST_IP = 20;
const etherTypes = { ipv4: 0x0800, arp: 0x0806 } as const;
const protocols = { icmp: 1, tcp: 6, udp: 17 } as const;
const DNS_PORT = 53;
const FLAGS_IN_TCP = 13;
const SYN = 0x02;
const ACK = 0x10;

/**
 * Whether slirp may see a frame (without length prefix) of a machine. It would lead every address of its own network,
 * and what is loopback to it, to the loopback interface of this host, where services listen that are meant for this
 * host only; and it connects from this host, so to the host's own addresses (`isOwn`) a machine would be the host. What
 * passes: traffic to the outside, name service, ping, and answers to the connections that come through it.
 */
export function mayPass(
  frame: Buffer,
  { subnet, gateway, nameserver, reachesPrivate }: Guard,
  isOwn: (address: number) => boolean,
): boolean {
  const type = frame.length < IP_AT ? 0 : frame.readUInt16BE(ETHER_TYPE_AT);
  if (type !== etherTypes.ipv4) return type === etherTypes.arp;
  if (frame.length < IP_AT + SHORTEST_IP) return false;
  const destination = frame.readUInt32BE(IP_AT + 16);
  if (!contains(subnet, destination)) {
    const isOutside = !isNowhere(destination) && !isOwn(destination);
    return isOutside && (reachesPrivate === true || !isPrivate(destination));
  }
  if (destination === gateway) return isPing(frame) || isAnswer(frame);
  return destination === nameserver && (isPing(frame) || isForDns(frame));
}

function isPing(frame: Buffer): boolean {
  return frame[IP_AT + 9] === protocols.icmp;
}

/** TCP of a connection that exists: all but a SYN without ACK (RFC 9293, 3.1). */
function isAnswer(frame: Buffer): boolean {
  const header = transportHeader(frame, protocols.tcp, FLAGS_IN_TCP + 1);
  return header !== undefined && (header[FLAGS_IN_TCP]! & (SYN | ACK)) !== SYN;
}

function isForDns(frame: Buffer): boolean {
  const header = transportHeader(frame, protocols.udp, 4) ?? transportHeader(frame, protocols.tcp, 4);
  return header?.readUInt16BE(2) === DNS_PORT;
}

/**
 * The header behind that of IP; undefined for another protocol, for one that is cut off, and for fragments, which hide
 * it.
 */
function transportHeader(frame: Buffer, protocol: number, leastBytes: number): Buffer | undefined {
  const isFragment = (frame.readUInt16BE(IP_AT + 6) & 0x3fff) !== 0;
  const header = frame.subarray(IP_AT + (frame[IP_AT]! & 0x0f) * 4);
  return frame[IP_AT + 9] === protocol && !isFragment && header.length >= leastBytes ? header : undefined;
}
