import { jsonText } from '../core/json/json-text.ts';
import { english } from './language/failure-en.ts';
import { record as recordIn } from './language/record-en.ts';
import type { RecordCheck } from './record/misfit.ts';
import type { ReportConversation, ReportData, ReportDatagrams } from './report-data.ts';

/**
 * All that a report rests on, for programs: the run, the lab, port checks, terminals as text, every TCP conversation
 * with its segments, what went between UDP ports, hashes. Recordings are left out: they lie in the run folder. Of very many segments those in the
 * middle of a conversation are left out and counted. Ends with a line feed.
 */
export function reportJson({
  run,
  lab,
  facts,
  portChecks,
  terminals,
  capture,
  files,
  notices,
  record,
}: ReportData): string {
  const document = {
    schemaVersion: 1,
    run,
    lab: lab ?? null,
    machines: Object.fromEntries(facts),
    portChecks,
    terminals: terminals.map(({ role, machine, text }) => ({ role, machine, text })),
    capture: {
      missing: capture.missing ?? null,
      places: capture.places,
      flaws: capture.flaws,
      gaps: capture.gaps,
      attempts: capture.attempts,
      omitted: capture.omitted,
      conversations: bounded(capture.conversations).map(conversationDocument),
      omittedDatagrams: capture.omittedDatagrams,
      datagrams: boundedDatagrams(capture.datagrams).map(conversationDocument),
      icmp: capture.icmp,
      arp: capture.arp,
    },
    files,
    notices,
    record: recordDocument(record),
  };
  return `${jsonText(document, 2)}\n`;
}

/** Whether the record fits, with each contradiction as data and as a sentence. */
function recordDocument({ misfits, more, unknown, signature }: RecordCheck): object {
  const words = recordIn(english);
  return {
    fits: misfits.length === 0,
    misfits: misfits.map((misfit) => Object.assign({ message: words.misfit(misfit) }, misfit)),
    more,
    unknown: unknown.map((each) => Object.assign({ message: words.unknown(each) }, each)),
    signature: { message: words.signature(signature), ...signature },
  };
}

function conversationDocument({
  conversation,
  spoken,
  clientRole,
  serverRole,
}: ReportConversation | ReportDatagrams): object {
  return { ...conversation, clientRole, serverRole, spoken: Object.fromEntries(spoken) };
}

/** Of all conversations together: the whole capture is in the same folder. */
const MOST_SEGMENTS = 5000;

/** The conversations with at most so many segments; one that has more says how many are left out: `omittedSegments`. */
function bounded(conversations: readonly ReportConversation[]): ReportConversation[] {
  let room = MOST_SEGMENTS;
  return conversations.map((one) => {
    const { segments } = one.conversation;
    const kept = Math.min(room, segments.length);
    room -= kept;
    return kept === segments.length ? one : shortened(one, kept);
  });
}

/** The same for datagrams: `omittedDatagrams` says how many of one exchange are left out behind the others. */
function boundedDatagrams(exchanges: readonly ReportDatagrams[]): ReportDatagrams[] {
  let room = MOST_SEGMENTS;
  return exchanges.map((one) => {
    const { datagrams } = one.conversation;
    const kept = Math.min(room, datagrams.length);
    room -= kept;
    if (kept === datagrams.length) return one;
    const shown = { ...one.conversation, datagrams: datagrams.slice(0, kept) };
    return { ...one, conversation: Object.assign(shown, { omittedDatagrams: datagrams.length - kept }) };
  });
}

function shortened(one: ReportConversation, kept: number): ReportConversation {
  const { segments } = one.conversation;
  const first = Math.ceil((kept * 3) / 4);
  const shown = [...segments.slice(0, first), ...segments.slice(segments.length - (kept - first))];
  return {
    ...one,
    conversation: Object.assign({ ...one.conversation, segments: shown }, { omittedSegments: segments.length - kept }),
  };
}
