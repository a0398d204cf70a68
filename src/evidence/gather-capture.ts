import { labHints } from '../packets/lab-hints.ts';
import type { CaptureReading } from '../packets/capture-reading.ts';
import { readCapture } from '../packets/read-capture.ts';
import type { Conversation } from '../packets/conversation.ts';
import { messageOf } from '../core/errors.ts';
import { type CaptureFacts, type CaptureFlaw, isCompleteCapture } from '../core/capture-facts.ts';
import type { LabDescription } from '../core/lab-description.ts';
import type { Moment } from '../report/terminals/moments.ts';
import type { ReportCapture, ReportConversation } from '../report/report-data.ts';
import type { NetworkFold } from '../report/attempts/network-fold.ts';
import { SpokenLinker, type Ends } from '../report/terminals/spoken.ts';
import { LARGEST_CAPTURE } from '../report/run/run-files.ts';
import { readStoredBytes } from '../state/files/stored-file.ts';

const MOST_CONVERSATIONS = 100;

/** What a run says in addition to its capture. */
export interface CaptureStory {
  readonly network: NetworkFold;
  readonly moments: readonly Moment[];
}

/** The conversations of a capture, with what stood on the terminals next to their segments. */
export async function gatherCapture(path: string, story: CaptureStory): Promise<ReportCapture> {
  try {
    const bytes = await readStoredBytes(path, LARGEST_CAPTURE);
    const { lab } = story.network;
    return bytes === undefined ? missing('none', '', story) : explain(readCapture(bytes, lab && labHints(lab)), story);
  } catch (error) {
    return missing('unreadable', messageOf(error), story);
  }
}

function missing(kind: 'none' | 'unreadable', reason: string, { network: { attempts } }: CaptureStory): ReportCapture {
  const nothing = { conversations: [], omitted: 0, flaws: [], gaps: [], nobodyTried: false, places: [] };
  return { missing: { kind, reason }, ...nothing, attempts };
}

function explain(reading: CaptureReading, story: CaptureStory): ReportCapture {
  if (reading.format === undefined) return missing('unreadable', '', story);
  const { network, moments } = story;
  const { lab, capture: facts } = network;
  const linker = new SpokenLinker(moments);
  const conversations = reading.conversations
    .slice(0, MOST_CONVERSATIONS)
    .map(({ conversation }): ReportConversation => {
      const ends = endsOf(conversation, lab);
      return {
        conversation: network.withStops(conversation),
        spoken: linker.link(conversation, ends),
        clientRole: ends.client,
        serverRole: ends.server,
      };
    });
  return {
    missing:
      conversations.length === 0 ? { kind: isCompleteCapture(facts) ? 'empty' : 'incomplete', reason: '' } : undefined,
    conversations,
    omitted: reading.conversations.length - conversations.length,
    flaws: flawsOf(reading, facts),
    gaps: facts?.gaps ?? [],
    attempts: network.attempts,
    nobodyTried: network.nobodyTried,
    places: facts?.machines ?? [],
  };
}

/** The programs at both ends: the one that listens on the port, and one of the other machine that does not. */
function endsOf({ client, server }: Conversation, lab: LabDescription | undefined): Ends {
  const programs = lab?.programs ?? [];
  const serving =
    programs.find(({ on, listens }) => on === server.machine && listens.includes(server.port)) ??
    programs.find(({ on }) => on === server.machine);
  const connecting = programs.find((program) => program.on === client.machine && program !== serving);
  return { client: connecting?.name, server: serving?.name };
}

function flawsOf(
  { cutShort, truncated, malformed, fragments }: CaptureReading,
  facts: CaptureFacts | undefined,
): CaptureFlaw[] {
  const flaws: readonly CaptureFlaw[] = [
    { kind: 'lost', count: facts?.lost ?? 0 },
    { kind: 'full', count: facts?.full ? 1 : 0 },
    { kind: 'cut-short', count: cutShort ? 1 : 0 },
    { kind: 'truncated', count: truncated },
    { kind: 'malformed', count: malformed },
    { kind: 'fragments', count: fragments },
  ];
  return flaws.filter(({ count }) => count > 0);
}
