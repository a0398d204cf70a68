import { PacketCapture } from '../capture/packet-capture.ts';
import { planCapture } from '../capture/capture-plan.ts';
import type { EventSink } from '../core/events.ts';
import { say } from '../core/language/say.ts';
import { AttemptWatch } from '../observe/attempts/attempt-watch.ts';
import type { LinkCapture } from '../packets/link-capture.ts';
import type { OpenNetfilter } from '../packets/netfilter-channel.ts';
import { CAPTURE_FILE } from '../report/run/run-files.ts';
import type { RunFolder } from '../state/runs/run-folder.ts';
import { labHints } from '../packets/lab-hints.ts';
import type { PacketRecorder } from './recorded-packets.ts';

/** Ways to the network of machines that are not through their Shells; by name of the machine. */
export interface NetworkWays {
  /** Captures outside of the machine. */
  readonly links: ReadonlyMap<string, LinkCapture>;
  readonly netfilter: ReadonlyMap<string, OpenNetfilter>;
}

/** The recorder for machines to whose network these ways lead. */
export function packetRecorder({ links, netfilter }: NetworkWays): PacketRecorder {
  return (roles, { lab, shells, signal, events }, mostBytes) => {
    const plan = planCapture(lab, roles);
    const source = new PacketCapture({
      plan,
      shells,
      links,
      hints: labHints({ machines: lab.machines.values(), programs: lab.programs.values() }),
      events,
      signal,
      limitBytes: Math.floor(mostBytes / Math.max(1, plan.length)),
    });
    const attempts = new AttemptWatch(netfilter, signal);
    return {
      source,
      attempts,
      keep: async (folder, bytes) => {
        const counting = attempts.end();
        await keepPackets(source, folder, events, bytes);
        await events.emit({ kind: 'attempts-counted', seen: await counting });
      },
    };
  };
}

/**
 * Ends a capture, stores at most so many bytes of it in the run folder, and reports it; warns when packets are missing
 * in it.
 */
async function keepPackets(
  packetCapture: PacketCapture,
  folder: RunFolder,
  events: EventSink,
  mostBytes: number,
): Promise<void> {
  const { file, packets, lost, full, gaps, machines } = await packetCapture.end(mostBytes);
  if (file === undefined) return;
  await folder.keep(CAPTURE_FILE, file);
  await events.emit({
    kind: 'capture-finished',
    capture: { packets, lost, full, ...(gaps.length > 0 && { gaps }), machines },
  });
  if (lost > 0)
    await events.emit({
      kind: 'notice',
      level: 'warning',
      message: say`${lost} packets are missing in ${CAPTURE_FILE}: the machine was too busy to keep them`,
    });
  if (full)
    await events.emit({
      kind: 'notice',
      level: 'warning',
      message: say`${CAPTURE_FILE} holds only the beginning of the run: it is full`,
      hint: say`For more: lab run --max-output SIZE; or write a capture of your own: lab capture MACHINE -w FILE`,
    });
}
