/** The gateway of a network by IPv6, which the switch itself plays. All numbers are hexadecimal, without separators. */
export interface Gateway6 {
  readonly mac: string;
  /** 16 bytes. */
  readonly address: string;
  /** Present where the gateway tells machines of itself and of the network (router advertisements, RFC 4861). */
  readonly advertises?: Advertised | undefined;
  /** A machine of the network is the gateway, and answers itself: the switch only tells of it, in its name. */
  readonly isMachine?: true | undefined;
}

export interface Advertised {
  /** 16 bytes, those of the host zero. */
  readonly prefix: string;
  readonly prefixLength: number;
  /** Of the link, in bytes; undefined: nothing is said of it. */
  readonly mtu?: number | undefined;
}

/** Offsets in an Ethernet frame with an IPv6 header (RFC 8200) and no extension headers. */
const SOURCE_AT = 14 + 8;
const DESTINATION_AT = 14 + 24;
const ICMP_AT = 14 + 40;
const IPV6 = 0x86dd;
const ICMPV6 = 58;
/** RFC 4861, 3.1: what comes with less has passed a router, and is no word of this link. */
const HOP_LIMIT = 255;
/** RFC 4861, 4.1 to 4.4, and RFC 4443, 4. */
const types = {
  echoRequest: 128,
  echoReply: 129,
  routerSolicitation: 133,
  routerAdvertisement: 134,
  neighbourSolicitation: 135,
  neighbourAdvertisement: 136,
} as const;
const NOBODY = '0'.repeat(32);
const ALL_NODES = `ff02${'0'.repeat(27)}1`;
const ALL_NODES_MAC = '333300000001';

/** Seconds for which a machine may send to the gateway after it has heard of it (RFC 4861, 6.2.1). */
const ROUTER_LIFETIME_S = 1800;
/** How long prefixes hold: the defaults of RFC 4861, 6.2.1. */
const VALID_S = 2_592_000;
const PREFERRED_S = 604_800;

/** Between two advertisements that nobody asked for; well below the lifetime, so that one may be lost. */
export const ADVERTISE_EVERY_MS = 400_000;

/** Whether a frame (without length prefix) is for the switch as gateway alone. */
export function isForGateway(frame: Buffer, { mac, isMachine }: Gateway6): boolean {
  return isMachine !== true && frame.toString('hex', 0, 6) === mac;
}

/**
 * What the gateway answers to a frame (both without length prefix): neighbour and router solicitations, echo requests.
 * Undefined for all else. Checksums of questions are not looked at: no wire lies between.
 */
export function answerAsGateway(frame: Buffer, gateway: Gateway6): Buffer | undefined {
  if (frame.length < ICMP_AT + 8 || frame.readUInt16BE(12) !== IPV6 || frame[14 + 6] !== ICMPV6) return undefined;
  const length = frame.readUInt16BE(14 + 4);
  const message = frame.subarray(ICMP_AT, ICMP_AT + length);
  if (message.length < 8 || message.length < length) return undefined;
  const isOfLink = frame[14 + 7] === HOP_LIMIT;
  if (message[0] === types.routerSolicitation) return isOfLink ? advertisement(gateway) : undefined;
  if (gateway.isMachine === true) return undefined;
  if (message[0] === types.echoRequest) return echoReply(frame, message, gateway);
  if (message[0] !== types.neighbourSolicitation || !isOfLink) return undefined;
  return neighbourAdvertisement(frame, message, gateway);
}

/** A router advertisement for all machines of the link, as a frame; undefined where the gateway sends none. */
export function advertisement(gateway: Gateway6): Buffer | undefined {
  const { advertises, mac } = gateway;
  if (advertises === undefined) return undefined;
  const message = Buffer.alloc(16);
  message[0] = types.routerAdvertisement;
  message[4] = 64;
  message.writeUInt16BE(ROUTER_LIFETIME_S, 6);
  const options = [
    linkLayerOption(1, mac),
    prefixOption(advertises),
    ...(advertises.mtu === undefined ? [] : [mtuOption(advertises.mtu)]),
  ];
  return frameOf(Buffer.concat([message, ...options]), {
    mac,
    toMac: ALL_NODES_MAC,
    source: linkLocalOf(mac),
    destination: ALL_NODES,
  });
}

function echoReply(frame: Buffer, request: Buffer, { mac, address }: Gateway6): Buffer | undefined {
  const asked = hex(frame, DESTINATION_AT, 16);
  if (asked !== address && asked !== linkLocalOf(mac)) return undefined;
  const reply = Buffer.from(request);
  reply[0] = types.echoReply;
  return frameOf(reply, { mac, toMac: hex(frame, 6, 6), source: asked, destination: hex(frame, SOURCE_AT, 16) });
}

/** To whom asks; to all where it has no address yet and only wants to know whether one is in use (RFC 4861, 7.2.4). */
function neighbourAdvertisement(frame: Buffer, asked: Buffer, { mac, address }: Gateway6): Buffer | undefined {
  const target = hex(asked, 8, 16);
  if (asked.length < 24 || (target !== address && target !== linkLocalOf(mac))) return undefined;
  const asker = hex(frame, SOURCE_AT, 16);
  const isProbe = asker === NOBODY;
  const message = Buffer.alloc(8);
  message[0] = types.neighbourAdvertisement;
  // Router, solicited, override.
  message[4] = isProbe ? 0xa0 : 0xe0;
  return frameOf(Buffer.concat([message, Buffer.from(target, 'hex'), linkLayerOption(2, mac)]), {
    mac,
    toMac: isProbe ? ALL_NODES_MAC : hex(frame, 6, 6),
    source: target,
    destination: isProbe ? ALL_NODES : asker,
  });
}

function linkLayerOption(type: number, mac: string): Buffer {
  return Buffer.concat([Buffer.from([type, 1]), Buffer.from(mac, 'hex')]);
}

/** RFC 4861, 4.6.2: on this link; addresses are made from it only where it is a /64 (RFC 4862, 5.5.3). */
function prefixOption({ prefix, prefixLength }: Advertised): Buffer {
  const option = Buffer.alloc(32);
  option[0] = 3;
  option[1] = 4;
  option[2] = prefixLength;
  option[3] = prefixLength === 64 ? 0xc0 : 0x80;
  option.writeUInt32BE(VALID_S, 4);
  option.writeUInt32BE(PREFERRED_S, 8);
  Buffer.from(prefix, 'hex').copy(option, 16);
  return option;
}

function mtuOption(mtu: number): Buffer {
  const option = Buffer.from([5, 1, 0, 0, 0, 0, 0, 0]);
  option.writeUInt32BE(mtu, 4);
  return option;
}

/** The link-local address that belongs to a MAC address (RFC 4291, appendix A). */
function linkLocalOf(mac: string): string {
  const first = (Number.parseInt(mac.slice(0, 2), 16) ^ 0x02).toString(16).padStart(2, '0');
  return `fe80${'0'.repeat(12)}${first}${mac.slice(2, 6)}fffe${mac.slice(6)}`;
}

interface Ends {
  readonly mac: string;
  readonly toMac: string;
  readonly source: string;
  readonly destination: string;
}

function frameOf(message: Buffer, { mac, toMac, source, destination }: Ends): Buffer {
  const header = Buffer.alloc(8);
  header[0] = 0x60;
  header.writeUInt16BE(message.length, 4);
  header[6] = ICMPV6;
  header[7] = HOP_LIMIT;
  const addresses = Buffer.from(source + destination, 'hex');
  message.writeUInt16BE(0, 2);
  message.writeUInt16BE(checksum(addresses, message), 2);
  return Buffer.concat([Buffer.from(`${toMac}${mac}86dd`, 'hex'), header, addresses, message]);
}

/** RFC 8200, 8.1: over the message and a pseudo-header. */
function checksum(addresses: Buffer, message: Buffer): number {
  let sum = ICMPV6 + message.length;
  for (const part of [addresses, message])
    for (let at = 0; at < part.length; at += 2) sum += at + 1 < part.length ? part.readUInt16BE(at) : part[at]! << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function hex(bytes: Buffer, at: number, length: number): string {
  return bytes.toString('hex', at, at + length);
}
