import type { Socket } from 'node:net';
import { parseJson } from '../../../core/json/json-text.ts';
import { captureFrame } from '../../capture-socket.ts';
import { accepts, isBpfProgram, type BpfProgram } from './bpf.ts';
import { bodyOf, LARGEST_FRAME } from './frames.ts';
import { PACKET_HEADER_BYTES, pcapHeader, WallClock, writePacketHeader } from './pcap-stream.ts';

/** What may wait for a slow reader; packets above it are counted and left out, for the switch has other work. */
const MOST_WAITING_BYTES = 8_000_000;
/** A request is shorter: 4096 instructions are the most that a kernel takes. */
const LONGEST_REQUEST = 1_000_000;

/** What a connection asks for, as one line of JSON. */
export interface CaptureRequest {
  /** Name of a port of the switch. */
  readonly port: string;
  readonly program: BpfProgram;
}

/**
 * Captures of what passes the ports of a lab's switches. A connection is one capture: it asks with one line, gets
 * frames as `captureOver` reads them, and ends its half of the connection when it has enough. Without captures it costs
 * a look into an empty table.
 */
export class PortCaptures {
  readonly #running = new Map<string, Set<Capture>>();
  readonly #ports: ReadonlySet<string>;
  readonly #clock = new WallClock();

  constructor(ports: Iterable<string>) {
    this.#ports = new Set(ports);
  }

  /** A frame, given with its length prefix, that came from a port or was handed to it. */
  take(port: string, framedBytes: Buffer): void {
    const captures = this.#running.get(port);
    if (captures === undefined) return;
    const microseconds = this.#clock.now();
    for (const capture of captures) capture.take(bodyOf(framedBytes), microseconds);
  }

  /** Serves a connection, which must allow half of it to be open. */
  serve(socket: Socket): void {
    let asked = '';
    const hear = (bytes: Buffer): void => {
      asked += bytes.toString('latin1');
      if (!asked.includes('\n')) return void (asked.length > LONGEST_REQUEST && socket.destroy());
      socket.off('data', hear).off('end', leave).resume();
      this.#begin(socket, asked.slice(0, asked.indexOf('\n')));
    };
    const leave = (): void => void socket.end();
    // A reader that goes away is seen by "close".
    socket
      .on('error', () => undefined)
      .on('data', hear)
      .on('end', leave);
  }

  #begin(socket: Socket, line: string): void {
    const { port, program } = (parseJson(line) ?? {}) as Partial<CaptureRequest>;
    if (port === undefined || !this.#ports.has(port) || !isBpfProgram(program))
      return end(socket, `lab: ${String(port)}: No such device exists`, 1);
    const capture = new Capture(socket, program);
    if (this.#running.size === 0) this.#clock.set();
    const captures = this.#running.get(port) ?? new Set();
    this.#running.set(port, captures.add(capture));
    const leave = (): void => {
      captures.delete(capture);
      if (captures.size === 0 && this.#running.get(port) === captures) this.#running.delete(port);
    };
    socket.once('close', leave).once('end', () => {
      leave();
      capture.end();
    });
    capture.begin(port);
  }
}

/** One capture; it says what tcpdump(8) says. */
class Capture {
  readonly #socket: Socket;
  readonly #program: BpfProgram;
  #captured = 0;
  #dropped = 0;

  constructor(socket: Socket, program: BpfProgram) {
    this.#socket = socket;
    this.#program = program;
  }

  begin(port: string): void {
    send(this.#socket, 'O', pcapHeader(LARGEST_FRAME));
    send(
      this.#socket,
      'E',
      Buffer.from(`listening on ${port}, link-type EN10MB (Ethernet), snapshot length ${LARGEST_FRAME} bytes\n`),
    );
  }

  take(packet: Buffer, microseconds: number): void {
    if (!accepts(this.#program, packet)) return;
    if (this.#socket.writableLength > MOST_WAITING_BYTES) {
      this.#dropped++;
      return;
    }
    this.#captured++;
    // Copied, for what waits must not hold the larger piece that the packet came in.
    const { frame, contentAt } = captureFrame('O', PACKET_HEADER_BYTES + packet.length);
    writePacketHeader(frame, contentAt, { microseconds, length: packet.length });
    packet.copy(frame, contentAt + PACKET_HEADER_BYTES);
    this.#socket.write(frame);
  }

  end(): void {
    end(this.#socket, `${this.#captured} packets captured\n${this.#dropped} packets dropped by kernel`, 0);
  }
}

function end(socket: Socket, words: string, status: number): void {
  send(socket, 'E', Buffer.from(`${words}\n`));
  send(socket, 'X', Buffer.from(String(status)));
  socket.end();
}

function send(socket: Socket, letter: 'O' | 'E' | 'X', content: Buffer): void {
  const { frame, contentAt } = captureFrame(letter, content.length);
  content.copy(frame, contentAt);
  socket.write(frame);
}
