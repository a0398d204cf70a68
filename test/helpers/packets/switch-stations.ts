import type { Socket } from 'node:net';
import { retryUntil } from '../../../src/core/time/retry.ts';
import { FrameReader } from '../../../src/providers/qemu/switch/frames.ts';

export const broadcast = 'ffffffffffff';

/** A frame of ARP with QEMU's length prefix. */
export function arpFrame(destination: string, source: string, payload: string): Buffer {
  const body = Buffer.concat([Buffer.from(destination + source + '0806', 'hex'), Buffer.from(payload)]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}

/** A machine at one port of the switch. */
export class Station {
  readonly heard: string[] = [];
  readonly socket: Socket;
  readonly mac: string;

  constructor(socket: Socket, mac: string) {
    this.socket = socket;
    this.mac = mac;
    const reader = new FrameReader();
    socket.on('data', (bytes: Buffer) =>
      this.heard.push(...[...reader.take(bytes)].map((whole) => whole.toString('latin1', 18))),
    );
  }

  say(destination: string, payload: string): void {
    this.socket.write(arpFrame(destination, this.mac, payload));
  }

  /** Waits for a payload: frames of one sender come in order, so what it said before has come too, or never will. */
  async hears(payload: string): Promise<void> {
    await retryUntil(() => (this.heard.includes(payload) ? { value: true } : { seen: this.heard.join() }), {
      what: payload,
      timeoutMs: 5000,
    });
  }
}

/** A question as udhcpc(8) sends it: discover (1) or request (3). */
export function dhcpQuestion(mac: string, type: number): Buffer {
  const frame = Buffer.alloc(42 + 236 + 4 + 4);
  Buffer.from(`${broadcast}${mac}0800`, 'hex').copy(frame);
  Buffer.from([0x45]).copy(frame, 14);
  frame[23] = 17;
  frame.writeUInt16BE(68, 34);
  frame.writeUInt16BE(67, 36);
  Buffer.from([1, 1, 6, 0, 0xca, 0xfe, 0xba, 0xbe]).copy(frame, 42);
  Buffer.from(mac, 'hex').copy(frame, 42 + 28);
  Buffer.from([0x63, 0x82, 0x53, 0x63, 53, 1, type, 255]).copy(frame, 42 + 236);
  return frame;
}
