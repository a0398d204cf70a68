import { addressesOf } from '../../core/lab-description.ts';
import { join } from 'node:path';
import { isCompleteCapture, type CaptureFacts } from '../../core/capture-facts.ts';
import { LabError, messageOf } from '../../core/errors.ts';
import { say } from '../../core/language/say.ts';
import type { CaptureReading } from '../../packets/capture-reading.ts';
import { labHints, type LabHints } from '../../packets/lab-hints.ts';
import { readCapture } from '../../packets/read-capture.ts';
import { misfitsAt, type Misfit, type MisfitFacts } from '../../report/record/misfit.ts';
import type { NetworkFold } from '../../report/attempts/network-fold.ts';
import { CAPTURE_FILE, LARGEST_CAPTURE } from '../../report/run/run-files.ts';
import type { RunDocument } from '../../report/run/run-summary.ts';
import { refutedByPackets, type PassedLook } from '../../scenario/recheck/refuted-packets.ts';
import { readStoredBytes } from '../../state/files/stored-file.ts';

/** What the events say of the network. */
export interface ToldNetwork {
  readonly network: NetworkFold;
  readonly run: RunDocument;
  readonly packetSteps: readonly PassedLook[];
}

/** Clocks are compared to a fraction of this. */
const CLOCK_ERROR_MS = 2000;
/** A packet is captured, and a step passes, in this time of each other. */
const NEAR_MS = 250;

/**
 * Compares the packets of a run with its events: how many there are and when, the `tcp` and `udp` steps once more, and what the
 * kernels of the machines counted. Undefined when there is no capture.
 */
export async function checkPackets(folder: string, told: ToldNetwork): Promise<Misfit[] | undefined> {
  const facts = told.network.capture;
  let bytes: Uint8Array | undefined;
  try {
    bytes = await readStoredBytes(join(folder, CAPTURE_FILE), LARGEST_CAPTURE);
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    return misfitsAt({ file: CAPTURE_FILE }, [{ kind: 'unreadable', reason: messageOf(error) }]);
  }
  if (bytes === undefined)
    return facts === undefined ? undefined : misfitsAt({ file: CAPTURE_FILE }, [{ kind: 'missing' }]);
  if (facts === undefined) return undefined;
  const hints = told.network.lab && labHints(told.network.lab);
  const reading = readCapture(bytes, hints);
  if (reading.format === undefined)
    return misfitsAt({ file: CAPTURE_FILE }, [{ kind: 'unreadable', reason: say`it is neither pcap nor pcapng` }]);
  const isWhole = isCompleteCapture(facts) && !reading.cutShort && reading.truncated + reading.malformed === 0;
  return misfitsAt({ file: CAPTURE_FILE }, [
    ...countMisfits(reading, facts),
    ...timeMisfits(reading, told.run, facts),
    ...(isWhole ? attemptMisfits(reading, told.network, facts) : []),
    ...(isWhole ? stepMisfits({ bytes, hints, reading, facts }, told.packetSteps) : []),
  ]);
}

function countMisfits({ packets: seen }: CaptureReading, { packets: told }: CaptureFacts): MisfitFacts[] {
  return seen === told ? [] : [{ kind: 'packets', seen, told }];
}

/** Packets of another run, of another time. */
function timeMisfits(
  { conversations, datagrams }: CaptureReading,
  run: RunDocument,
  facts: CaptureFacts,
): MisfitFacts[] {
  const { startedAt, endedAt } = run;
  if (startedAt === null || endedAt === null) return [];
  const slackMs = CLOCK_ERROR_MS + offsetOf(facts);
  const [from, to] = [Date.parse(startedAt) - slackMs, Date.parse(endedAt) + slackMs];
  const packets = [
    ...conversations.flatMap(({ conversation }) => conversation.segments),
    ...datagrams.flatMap((exchange) => exchange.datagrams),
  ];
  const outside = packets.find(({ timeMs }) => timeMs < from || timeMs > to);
  if (outside === undefined) return [];
  return [{ kind: 'other-time', packet: outside.packet, at: isoOf(outside.timeMs), startedAt, endedAt }];
}

/** What clocks of capturing machines differ from ours at most. */
function offsetOf({ machines }: CaptureFacts): number {
  return Math.max(0, ...machines.map(({ clockOffsetMs }) => Math.abs(clockOffsetMs)));
}

function isoOf(ms: number): string {
  return ms >= 0 && ms < 8.64e15 ? new Date(ms).toISOString() : String(ms);
}

/** Connections that the kernel of a machine counted, of which a capture that misses nothing has no packet. */
function attemptMisfits({ conversations }: CaptureReading, network: NetworkFold, facts: CaptureFacts): MisfitFacts[] {
  const machines = network.lab?.machines ?? [];
  return (network.seen?.attempts ?? []).flatMap(({ machine, protocol, to, answered }): MisfitFacts[] => {
    const server = machines.find((other) => addressesOf(other).includes(to.address));
    const isCaptured =
      server !== undefined &&
      server.name !== machine &&
      facts.machines.some(
        (point) => point.machine === server.name && point.filter.split(' or ').includes(`tcp port ${to.port}`),
      );
    if (protocol !== 'tcp' || answered === 0 || !isCaptured) return [];
    const isThere = conversations.some(
      ({ conversation }) =>
        conversation.client.machine === machine &&
        conversation.server.address === to.address &&
        conversation.server.port === to.port,
    );
    return isThere ? [] : [{ kind: 'no-packets', machine, to: `${to.address}:${to.port}` }];
  });
}

interface WholeCapture {
  readonly bytes: Uint8Array;
  readonly hints: LabHints | undefined;
  readonly reading: CaptureReading;
  readonly facts: CaptureFacts;
}

/** More would take long, and a scenario has a few. */
const MOST_STEPS = 50;

/** Each step looked at the packets until then; just which those were is known only nearly. */
function stepMisfits({ bytes, hints, reading, facts }: WholeCapture, steps: readonly PassedLook[]): MisfitFacts[] {
  const slackMs = NEAR_MS + offsetOf(facts);
  return steps.slice(0, MOST_STEPS).flatMap((step): MisfitFacts[] => {
    const until = [step.wallMs, step.wallMs + slackMs, step.wallMs - slackMs];
    const readings = [...until.map((untilMs) => readCapture(bytes, hints, untilMs)), reading];
    const refuted = refutedByPackets(step, readings);
    return refuted === undefined ? [] : [{ kind: 'step-refuted', number: step.index + 1, problem: refuted.problem }];
  });
}
