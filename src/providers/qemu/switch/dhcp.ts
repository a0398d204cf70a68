/** What a machine gets that asks for an address. */
export interface Lease {
  /** Hexadecimal, without separators. */
  readonly mac: string;
  /** Dotted-decimal, as are all others. */
  readonly address: string;
  readonly mask: string;
  /** Undefined where machines cannot reach the outside. */
  readonly router: string | undefined;
  readonly nameserver: string;
  /** The one that answers: the gateway. */
  readonly server: string;
}

/** Offsets in an Ethernet frame with an IPv4 header without options. */
const IP_AT = 14;
const UDP_AT = 34;
const BOOTP_AT = 42;
/** RFC 2131, section 2: the options follow a fixed part, and this number. */
const FIXED_SIZE = 236;
const MAGIC_COOKIE = 0x6382_5363;
const SERVER_PORT = 67;
const CLIENT_PORT = 68;
const LEASE_SECONDS = 86_400;

/** RFC 2132, 9.6. */
const messageTypes = { discover: 1, offer: 2, request: 3, ack: 5 } as const;

/** Whether a frame (without length prefix) is a question of DHCP. */
function isDhcpQuestion(frame: Buffer): boolean {
  return (
    frame.length >= BOOTP_AT &&
    frame.readUInt16BE(12) === 0x0800 &&
    frame[IP_AT] === 0x45 &&
    frame[IP_AT + 9] === 17 &&
    frame.readUInt16BE(UDP_AT + 2) === SERVER_PORT
  );
}

/**
 * The answer (a frame without length prefix) that gives the machine its stated address; undefined for another's
 * question, or one that needs no answer (RFC 2131).
 */
export function answerDhcp(frame: Buffer, lease: Lease): Buffer | undefined {
  if (
    !isDhcpQuestion(frame) ||
    frame.length < BOOTP_AT + FIXED_SIZE + 4 ||
    frame.toString('hex', BOOTP_AT + 28, BOOTP_AT + 34) !== lease.mac
  )
    return undefined;
  if (frame.readUInt32BE(BOOTP_AT + FIXED_SIZE) !== MAGIC_COOKIE) return undefined;
  const asked = optionsIn(frame.subarray(BOOTP_AT + FIXED_SIZE + 4)).get(53)?.[0];
  if (asked === messageTypes.discover) return reply(frame, lease, messageTypes.offer);
  return asked === messageTypes.request ? reply(frame, lease, messageTypes.ack) : undefined;
}

function optionsIn(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const options = new Map<number, Buffer>();
  for (let at = 0; at + 1 < bytes.length && bytes[at] !== 255;) {
    if (bytes[at] === 0) {
      at++;
      continue;
    }
    const length = bytes[at + 1]!;
    options.set(bytes[at]!, bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return options;
}

function reply(question: Buffer, lease: Lease, type: number): Buffer {
  const fixed = Buffer.from(question.subarray(BOOTP_AT, BOOTP_AT + FIXED_SIZE));
  fixed[0] = 2;
  octets(lease.address).copy(fixed, 16);
  octets(lease.server).copy(fixed, 20);
  fixed.fill(0, 44);
  const cookie = Buffer.alloc(4);
  cookie.writeUInt32BE(MAGIC_COOKIE);
  const time = Buffer.alloc(4);
  time.writeUInt32BE(LEASE_SECONDS);
  const options = [
    option(53, Buffer.from([type])),
    option(54, octets(lease.server)),
    option(51, time),
    option(1, octets(lease.mask)),
    ...(lease.router === undefined ? [] : [option(3, octets(lease.router))]),
    option(6, octets(lease.nameserver)),
    Buffer.from([255]),
  ];
  return udpFrame(Buffer.concat([fixed, cookie, ...options]), lease, question.subarray(6, 12));
}

function option(code: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([code, value.length]), value]);
}

/** From the gateway to a machine that may have no address yet: by broadcast in IP, by its own address on the wire. */
function udpFrame(payload: Buffer, { server }: Lease, mac: Buffer): Buffer {
  const frame = Buffer.alloc(BOOTP_AT + payload.length);
  mac.copy(frame, 0);
  // slirp's own form for its address in the network (libslirp, `special_ethaddr`).
  Buffer.from([0x52, 0x55, ...octets(server)]).copy(frame, 6);
  frame.writeUInt16BE(0x0800, 12);
  frame[IP_AT] = 0x45;
  frame.writeUInt16BE(frame.length - IP_AT, IP_AT + 2);
  frame[IP_AT + 8] = 64;
  frame[IP_AT + 9] = 17;
  octets(server).copy(frame, IP_AT + 12);
  frame.fill(255, IP_AT + 16, IP_AT + 20);
  frame.writeUInt16BE(checksum(frame.subarray(IP_AT, UDP_AT)), IP_AT + 10);
  frame.writeUInt16BE(SERVER_PORT, UDP_AT);
  frame.writeUInt16BE(CLIENT_PORT, UDP_AT + 2);
  frame.writeUInt16BE(frame.length - UDP_AT, UDP_AT + 4);
  // A UDP checksum of zero means that there is none (RFC 768).
  payload.copy(frame, BOOTP_AT);
  return frame;
}

/** RFC 1071. */
function checksum(header: Buffer): number {
  let sum = 0;
  for (let at = 0; at < header.length; at += 2) sum += header.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function octets(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}
