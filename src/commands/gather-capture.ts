import { readFile, stat } from 'node:fs/promises';
import { readCapture, type CaptureReading } from '../capture/read-capture.ts';
import type { Conversation } from '../core/conversation.ts';
import { messageOf, systemCode } from '../core/errors.ts';
import type { LabDescription } from '../core/lab-description.ts';
import type { Moment } from '../report/moments.ts';
import type { ReportCapture, ReportConversation } from '../report/report-data.ts';
import { SpokenLinker, type Ends } from '../report/spoken.ts';

/** A capture is read into memory whole; a run of a practical has some kilobytes. */
const LARGEST_BYTES = 256 * 1024 * 1024;
const MOST_CONVERSATIONS = 100;

/** The conversations of a capture, with what stood on the terminals beside their segments. */
export async function gatherCapture(path: string, lab: LabDescription | undefined, moments: readonly Moment[]): Promise<ReportCapture> {
  try {
    const { size } = await stat(path);
    if (size > LARGEST_BYTES) return missing('unreadable', `capture.pcap has more than ${LARGEST_BYTES / 1024 / 1024} MiB.`);
    return explain(readCapture(await readFile(path), hintsOf(lab)), lab, moments);
  } catch (error) {
    return systemCode(error) === 'ENOENT' ? missing('none', '') : missing('unreadable', messageOf(error));
  }
}

function missing(kind: 'none' | 'unreadable' | 'empty', reason: string): ReportCapture {
  return { missing: { kind, reason }, conversations: [], omitted: 0, remarks: [] };
}

function hintsOf(lab: LabDescription | undefined): { machines: ReadonlyMap<string, string>; listeningPorts: ReadonlySet<number> } {
  const machines = new Map((lab?.machines ?? []).flatMap(({ name, interfaces }) => interfaces.map(({ address }) => [address, name] as const)));
  return { machines, listeningPorts: new Set(lab?.programs.flatMap(({ listens }) => listens)) };
}

function explain(reading: CaptureReading, lab: LabDescription | undefined, moments: readonly Moment[]): ReportCapture {
  if (reading.format === undefined) return missing('unreadable', '');
  const remarks = remarksOn(reading);
  if (reading.conversations.length === 0) return { ...missing('empty', ''), remarks };
  const linker = new SpokenLinker(moments);
  const conversations = reading.conversations.slice(0, MOST_CONVERSATIONS).map(({ conversation }): ReportConversation => {
    const ends = endsOf(conversation, lab);
    return { conversation, spoken: linker.link(conversation, ends), clientRole: ends.client, serverRole: ends.server };
  });
  return { missing: undefined, conversations, omitted: reading.conversations.length - conversations.length, remarks };
}

/** The programs at both ends: the one that listens on the port, and one of the other machine that does not. */
function endsOf({ client, server }: Conversation, lab: LabDescription | undefined): Ends {
  const programs = lab?.programs ?? [];
  const serving = programs.find(({ on, listens }) => on === server.machine && listens.includes(server.port)) ?? programs.find(({ on }) => on === server.machine);
  const connecting = programs.find((program) => program.on === client.machine && program !== serving);
  return { client: connecting?.name, server: serving?.name };
}

function remarksOn({ cutShort, truncated, malformed, fragments }: CaptureReading): string[] {
  return [
    ...(cutShort ? ['capture.pcap ends in the middle of a packet.'] : []),
    ...(truncated > 0 ? [`${truncated} packets are cut: the capture holds only their beginning.`] : []),
    ...(malformed > 0 ? [`${malformed} packets could not be read.`] : []),
    ...(fragments > 0 ? [`${fragments} fragments of IP packets are not put together.`] : []),
  ];
}
