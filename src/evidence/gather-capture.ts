import { labHints } from '../packets/lab-hints.ts';
import type { CaptureReading } from '../packets/capture-reading.ts';
import type { DatagramConversation } from '../packets/udp/datagram-conversation.ts';
import { readCapture } from '../packets/read-capture.ts';
import type { Conversation } from '../packets/conversation.ts';
import { messageOf } from '../core/errors.ts';
import { type CaptureFacts, type CaptureFlaw, isCompleteCapture } from '../core/capture-facts.ts';
import type { LabDescription } from '../core/lab-description.ts';
import type { Moment } from '../report/terminals/moments.ts';
import type { ReportCapture, ReportConversation, ReportDatagrams } from '../report/report-data.ts';
import type { NetworkFold } from '../report/attempts/network-fold.ts';
import { SpokenLinker, type Ends } from '../report/terminals/spoken.ts';
import { LARGEST_CAPTURE } from '../report/run/run-files.ts';
import { readStoredBytes } from '../state/files/stored-file.ts';

const MOST_CONVERSATIONS = 100;
const MOST_MESSAGES = 200;

/** What a run says in addition to its capture. */
export interface CaptureStory {
  readonly network: NetworkFold;
  readonly moments: readonly Moment[];
}

/** The conversations of a capture, with what stood on the terminals next to their segments and datagrams. */
export async function gatherCapture(path: string, story: CaptureStory): Promise<ReportCapture> {
  try {
    const bytes = await readStoredBytes(path, LARGEST_CAPTURE);
    const { lab } = story.network;
    return bytes === undefined ? missing('none', '', story) : explain(readCapture(bytes, lab && labHints(lab)), story);
  } catch (error) {
    return missing('unreadable', messageOf(error), story);
  }
}

function missing(
  kind: 'none' | 'unreadable',
  reason: string,
  { network: { attempts, tooLong } }: CaptureStory,
): ReportCapture {
  const nothing = {
    conversations: [],
    omitted: 0,
    datagrams: [],
    omittedDatagrams: 0,
    icmp: [],
    arp: [],
    flaws: [],
    gaps: [],
    nobodyTried: false,
    places: [],
  };
  return { missing: { kind, reason }, ...nothing, attempts, tooLong };
}

function explain(reading: CaptureReading, story: CaptureStory): ReportCapture {
  if (reading.format === undefined) return missing('unreadable', '', story);
  const { network, moments } = story;
  const { capture: facts } = network;
  const { conversations, datagrams } = linked(reading, network, moments);
  const isEmpty = conversations.length + datagrams.length === 0;
  return {
    missing: isEmpty ? { kind: isCompleteCapture(facts) ? 'empty' : 'incomplete', reason: '' } : undefined,
    conversations,
    omitted: reading.conversations.length - conversations.length,
    datagrams,
    omittedDatagrams: reading.datagrams.length - datagrams.length,
    icmp: reading.icmp.slice(0, MOST_MESSAGES),
    arp: reading.arp.slice(0, MOST_MESSAGES),
    tooLong: network.tooLong,
    flaws: flawsOf(reading, facts),
    gaps: facts?.gaps ?? [],
    attempts: network.attempts,
    nobodyTried: network.nobodyTried,
    places: facts?.machines ?? [],
  };
}

/** The conversations of both protocols with their words: each line of a terminal belongs to the first that it fits. */
function linked(
  reading: CaptureReading,
  network: NetworkFold,
  moments: readonly Moment[],
): { readonly conversations: ReportConversation[]; readonly datagrams: ReportDatagrams[] } {
  const linker = new SpokenLinker(moments);
  const [conversations, datagrams]: [ReportConversation[], ReportDatagrams[]] = [[], []];
  const both = [
    ...reading.conversations.slice(0, MOST_CONVERSATIONS).map(({ conversation }) => ({ tcp: conversation })),
    ...reading.datagrams.slice(0, MOST_CONVERSATIONS).map((conversation) => ({ udp: conversation })),
  ];
  const startOf = (one: (typeof both)[number]): number => ('tcp' in one ? one.tcp : one.udp).startMs;
  for (const one of both.toSorted((a, b) => startOf(a) - startOf(b))) {
    const ends = endsOf(one, network.lab);
    const roles = { clientRole: ends.client, serverRole: ends.server };
    if ('udp' in one) datagrams.push({ conversation: one.udp, spoken: linker.linkDatagrams(one.udp, ends), ...roles });
    else conversations.push({ conversation: network.withStops(one.tcp), spoken: linker.link(one.tcp, ends), ...roles });
  }
  return { conversations: conversations.toSorted(inOrder), datagrams: datagrams.toSorted(inOrder) };
}

function inOrder(a: ReportDatagrams | ReportConversation, b: ReportDatagrams | ReportConversation): number {
  return a.conversation.index - b.conversation.index;
}

/** The programs at both ends: the one that listens on the port, and one of the other machine that does not. */
function endsOf(
  one: { readonly tcp: Conversation } | { readonly udp: DatagramConversation },
  lab: LabDescription | undefined,
): Ends {
  const { client, server } = 'tcp' in one ? one.tcp : one.udp;
  const port = 'tcp' in one ? server.port : (`${server.port}/udp` as const);
  const programs = lab?.programs ?? [];
  const serving =
    programs.find(({ on, listens }) => on === server.machine && listens.includes(port)) ??
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
