import type { Event } from '../../src/core/events.ts';
import { mergeCaptures } from '../../src/packets/file/merge-captures.ts';
import { pcapOf } from './packets/capture-files.ts';
import { datagramOf, fragmentsOf, icmpOf, ipOf, type MadeIp } from './packets/ip-packets.ts';
import type { StoredRunChanges } from './stored-run.ts';

const CLIENT = '192.168.100.5';
const SERVER = '192.168.100.4';
const FILTER = 'udp port 7999';

/** What happened to a packet on its way. */
interface Passing {
  readonly atMs: number;
  readonly packet: MadeIp;
  readonly from: 'client' | 'server';
  /** How often it comes. */
  readonly comes?: number;
}

function client(data: string, id: number): MadeIp {
  return datagramOf({ from: CLIENT, to: SERVER, ports: [40_000, 7999], data, id });
}

function server(data: string, id: number): MadeIp {
  return datagramOf({ from: SERVER, to: CLIENT, ports: [7999, 40_000], data, id });
}

const unheard = client('exit', 14);

/** One is lost, one comes twice, one goes in fragments, and the last finds nobody. */
const passings: readonly Passing[] = [
  { atMs: 265, from: 'client', packet: client('Hello vm1', 11) },
  { atMs: 275, from: 'server', packet: server("Hello ! ,What's up VM2", 51) },
  { atMs: 900, from: 'client', packet: client('is this lost?', 12), comes: 0 },
  { atMs: 1900, from: 'client', packet: client('is this lost?', 13) },
  { atMs: 1901, from: 'server', packet: server('Hello vm1', 52), comes: 2 },
  { atMs: 1950, from: 'client', packet: client(`long ${'x'.repeat(2000)}`, 15) },
  { atMs: 1990, from: 'client', packet: unheard },
  {
    atMs: 1991,
    from: 'server',
    packet: icmpOf({ from: SERVER, to: CLIENT, type: 3, code: 3, body: ipOf(unheard).subarray(0, 28) }),
  },
];

function captureAt(place: 'client' | 'server', startMs: number): Uint8Array {
  const packets = passings.flatMap(({ atMs, packet, from, comes = 1 }) => {
    const times = from === place ? 1 : comes;
    const timeMs = startMs + atMs + (from === place ? 0 : 0.4);
    const bytes = packet.payload.byteLength > 1480 ? fragmentsOf(packet, 1480) : [ipOf(packet)];
    return Array.from({ length: times }, (_, index) =>
      bytes.map((data) => ({ timeMs: timeMs + index * 0.2, data })),
    ).flat();
  });
  return pcapOf(packets, { linkType: 101 });
}

/** When the packets begin to flow, on the clock of the recorded run. */
const START_MS = 1_795_415_197_192;

/** The capture of both machines. */
export const udpCapture: Uint8Array = mergeCaptures(
  (['server', 'client'] as const).map((place) => ({
    bytes: captureAt(place, START_MS),
    offsetMs: 0,
    place: { machine: place === 'server' ? 'vm1' : 'vm2', interface: 'eth0', filter: FILTER },
  })),
);

function inUdp(event: Event): Event {
  if (event.kind === 'lab-described') {
    const programs = event.lab.programs.map((program) =>
      Object.assign({}, program, { listens: program.listens.map(() => '7999/udp' as const) }),
    );
    return { ...event, lab: { ...event.lab, programs } };
  }
  if (event.kind === 'port-checked') return { ...event, protocol: 'udp' };
  if (event.kind === 'terminal-output')
    return {
      ...event,
      data: event.data.replace('Listening ...', 'Waiting ...').replace(/Connected by : .*/, 'Ready\r'),
    };
  if (event.kind === 'capture-finished') {
    const machines = ['vm1', 'vm2'].map((machine) => ({
      machine,
      interface: 'eth0',
      filter: FILTER,
      clockOffsetMs: 0,
    }));
    return { ...event, capture: { packets: 18, lost: 0, full: false, machines } };
  }
  return event;
}

/** The events of that run. */
export function udpEvents(recorded: readonly Event[]): readonly Event[] {
  return recorded.map(inUdp);
}

/** The recorded run of the reference practical, as if its programs had talked over UDP, and not everything had arrived. */
export const udpRun: StoredRunChanges = { events: udpEvents, files: { 'capture.pcap': udpCapture } };
