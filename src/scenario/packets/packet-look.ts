import type { CaptureReading } from '../../packets/capture-reading.ts';
import { checkTcp, type TcpExpectation } from '../tcp/tcp-expectation.ts';
import { checkUdp, lacksLosses, type UdpExpectation } from '../udp/udp-expectation.ts';
import type { PacketMisfit } from './packet-misfit.ts';

/** What a `tcp` or `udp` step wants of the packets. */
export interface PacketExpectation {
  readonly tcp?: TcpExpectation | undefined;
  readonly udp?: UdpExpectation | undefined;
}

/** Compares the packets so far with what is expected. Empty when all is met. */
export function misfitsOf({ tcp, udp }: PacketExpectation, reading: CaptureReading): PacketMisfit[] {
  return [
    ...(tcp === undefined ? [] : checkTcp(tcp, reading.conversations)),
    ...(udp === undefined ? [] : checkUdp(udp, reading.datagrams)),
  ];
}

/** Whether the step asks for what these packets do not show: what was lost, where one end was captured only. */
export function isUnmeasured({ udp }: PacketExpectation, reading: CaptureReading): boolean {
  return udp !== undefined && lacksLosses(udp, reading.datagrams);
}
