import { join } from 'node:path';
import { labHints } from '../../packets/lab-hints.ts';
import type { ArpMessage } from '../../packets/arp/arp-message.ts';
import type { CaptureReading } from '../../packets/capture-reading.ts';
import { readCapture } from '../../packets/read-capture.ts';
import type { Conversation } from '../../packets/conversation.ts';
import type { IcmpMessage } from '../../packets/icmp/icmp-message.ts';
import type { DatagramConversation } from '../../packets/udp/datagram-conversation.ts';
import { UsageError } from '../../core/errors.ts';
import type { CaptureFacts } from '../../core/capture-facts.ts';
import type { ToldAttempt } from '../../core/connection-attempt.ts';
import { say } from '../../core/language/say.ts';
import { NetworkFold } from '../../report/attempts/network-fold.ts';
import { CAPTURE_FILE, LARGEST_CAPTURE } from '../../report/run/run-files.ts';
import { stateFolderFor } from '../../state/state-folder.ts';
import { readEvents } from '../../state/runs/read-run.ts';
import { findRun } from '../../state/runs/stored-runs.ts';
import { damaged, readStoredBytes } from '../../state/files/stored-file.ts';
import type { CommandContext } from '../../session/context.ts';

export interface TcpLog {
  readonly run: string;
  /** Absolute path of the capture. */
  readonly file: string;
  /** Undefined when `lab` was killed before the end of the run. */
  readonly capture: CaptureFacts | undefined;
  readonly counts: Omit<CaptureReading, 'conversations' | 'datagrams' | 'icmp' | 'arp'>;
  /** What else than connections to the servers of the lab its machines tried. */
  readonly attempts: readonly ToldAttempt[];
  /** Programs that said that a datagram of theirs was too long to be sent. */
  readonly tooLong: readonly string[];
  /** Whether it is known that they tried nothing at all. */
  readonly nobodyTried: boolean;
  readonly conversations: readonly Conversation[];
  /** What went between UDP ports. */
  readonly datagrams: readonly DatagramConversation[];
  readonly icmp: readonly IcmpMessage[];
  readonly arp: readonly ArpMessage[];
}

/**
 * What TCP, UDP and ICMP did in a run.
 *
 * @throws {UsageError} when there is no such run, or it has no capture. @throws {EnvironmentError} `run-damaged`,
 * `not-a-file`.
 */
export async function tcpLog(context: CommandContext, run: string | undefined): Promise<TcpLog> {
  const stored = await findRun(stateFolderFor(context), run);
  const file = join(stored.path, CAPTURE_FILE);
  const bytes = await readStoredBytes(file, LARGEST_CAPTURE);
  if (bytes === undefined) {
    const hint = say`It was played without one ("capture: false", --no-capture), no program of it listens, or its machines could not: "lab logs" tells.`;
    throw new UsageError(say`the run ${stored.id} has no capture`, { code: 'no-capture', hint });
  }
  const network = new NetworkFold();
  for await (const event of readEvents(stored)) network.take(event);
  const { lab, capture, attempts, nobodyTried, tooLong } = network;
  const { conversations, datagrams, icmp, arp, ...counts } = readCapture(bytes, lab && labHints(lab));
  if (counts.format === undefined) throw damaged(file, undefined, say`it is neither pcap nor pcapng`);
  return {
    run: stored.id,
    file,
    capture,
    counts,
    attempts,
    nobodyTried,
    tooLong,
    datagrams,
    icmp,
    arp,
    conversations: conversations.map(({ conversation }) => network.withStops(conversation)),
  };
}
