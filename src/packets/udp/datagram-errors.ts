import { UDP_HEADER_BYTES } from '../layers/udp-packet.ts';
import type { IcmpPacket } from '../layers/icmp-packet.ts';
import { endKey } from './end-key.ts';
import { identification } from './sighting.ts';
import type { Traced } from './traced.ts';

/** By so much the clocks of two machines may differ though they were compared. */
const CLOCK_ERROR_MS = 100;

/** The datagram that a message is about: the latest before it that looks like what it cites, and that no other is about. */
export function aboutOf(icmp: IcmpPacket, timeMs: number, datagrams: readonly Traced[]): Traced | undefined {
  const { cited, file } = icmp;
  if (cited?.ports === undefined) return undefined;
  const { ip, ports } = cited;
  const source = endKey({
    view: file.view,
    addressOffset: ip.addressOffset,
    addressBytes: ip.addressBytes,
    port: ports.source,
  });
  const id = ip.addressBytes === 4 ? file.view.getUint16(ip.start + 4) : 0;
  const lengthAt = ip.offset + 4;
  const length = lengthAt + 2 <= icmp.packet.end ? file.view.getUint16(lengthAt) - UDP_HEADER_BYTES : undefined;
  return datagrams.findLast(({ journey: { first, isDuplicate }, refusedBy }) => {
    const { udp } = first;
    const own = { view: udp.file.view, ...udp.ip, port: udp.sourcePort };
    return (
      !isDuplicate &&
      refusedBy === undefined &&
      udp.packet.timeMs <= timeMs + CLOCK_ERROR_MS &&
      (length === undefined || udp.length === length) &&
      (id === 0 || identification(udp) === id) &&
      endKey(own) === source
    );
  });
}
