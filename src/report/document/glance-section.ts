import type { CaptureGap } from '../../core/capture-facts.ts';
import { clockTime } from '../../core/time/clock-time.ts';
import { attemptSentence } from '../attempts/attempt-sentence.ts';
import type { Language } from '../language/languages.ts';
import type { ReportData } from '../report-data.ts';
import { topologyOf } from '../topology/topology.ts';
import { plainData, type Block } from './blocks.ts';
import { missingWords, protocolsOf, type Protocols } from './protocols.ts';
import { isPartial, tcpBlocks } from './tcp-blocks.ts';
import { arpBlocks } from './udp/arp-blocks.ts';
import { tooLongBlocks, udpBlocks } from './udp/udp-blocks.ts';

/** What most readers came for: the machines, and what went between them. */
export function glance(report: ReportData, language: Language): Block[] {
  const { lab, run } = report;
  const caption = language.report.architecture.figure;
  return [
    ...(lab === undefined ? [] : [{ kind: 'topology', caption, topology: topologyOf(run.lab, lab) } as const]),
    ...networkBlocks(report, language),
  ];
}

/** What went over the network, protocol by protocol, and what the machines tried. */
function networkBlocks(report: ReportData, language: Language): Block[] {
  const protocols = protocolsOf(report);
  const attempts = attemptBlocks(report, protocols, language);
  if (report.capture.missing !== undefined)
    return [
      subheading(missingHeading(protocols, language)),
      ...missing(report, protocols, language),
      ...attempts,
      ...(protocols.udp ? tooLongBlocks(report, language) : []),
      ...arpBlocks(report, language),
      ...captureBlocks(report, language),
    ];
  const { tcp, udp } = protocols;
  const [before, between] = tcp ? [attempts, []] : [[], attempts];
  const ofTcp = (): Block[] => [
    subheading(language.report.exchange.diagram),
    ...before,
    ...absent(report, 'tcp', language),
    ...tcpBlocks(report, language),
  ];
  const ofUdp = (): Block[] => [
    subheading(language.datagrams.heading),
    ...between,
    ...absent(report, 'udp', language),
    ...udpBlocks(report, language),
  ];
  return [
    ...(tcp ? ofTcp() : []),
    ...(udp ? ofUdp() : []),
    ...arpBlocks(report, language),
    ...captureBlocks(report, language),
  ];
}

function subheading(text: string): Block {
  return { kind: 'subheading', text };
}

function missingHeading({ tcp, udp }: Protocols, { report, datagrams }: Language): string {
  if (tcp === udp) return datagrams.headingOfNone;
  return udp ? datagrams.heading : report.exchange.diagram;
}

function missing({ capture: { missing: reason } }: ReportData, protocols: Protocols, language: Language): Block[] {
  if (reason === undefined) return [];
  const why = reason.reason === '' ? [] : [{ kind: 'remark', tone: 'none', text: plainData(reason.reason) } as const];
  return [{ kind: 'remark', tone: 'none', text: missingWords(protocols, language)[reason.kind] }, ...why];
}

/** Of a lab that has ports of both protocols, one may have had no packets. */
function absent({ capture }: ReportData, protocol: keyof Protocols, language: Language): Block[] {
  const { conversations, datagrams, missing: reason } = capture;
  if (reason !== undefined || (protocol === 'tcp' ? conversations : datagrams).length > 0) return [];
  const words = missingWords({ tcp: protocol === 'tcp', udp: protocol === 'udp' }, language);
  return [{ kind: 'remark', tone: 'none', text: words[isPartial(capture) ? 'incomplete' : 'empty'] }];
}

/** What the machines tried besides, which is not in the capture; or that they tried nothing, where that is known. */
function attemptBlocks(
  { capture: { attempts, nobodyTried, datagrams } }: ReportData,
  { tcp }: Protocols,
  { attempts: words }: Language,
): Block[] {
  // It is said of connections, and would be read as if no datagram had been sent either.
  if (nobodyTried) return tcp && datagrams.length === 0 ? [{ kind: 'paragraph', text: words.none }] : [];
  if (attempts.length === 0) return [];
  return [
    { kind: 'paragraph', text: words.intro },
    ...attempts.map((attempt): Block => ({
      kind: 'remark',
      tone: 'none',
      text: plainData(attemptSentence(attempt, words)),
    })),
  ];
}

/** Where the packets were captured, and which of them are missing. */
function captureBlocks(
  { capture: { flaws, gaps, places } }: ReportData,
  { report: { capture: words }, notation }: Language,
): Block[] {
  const where = [...new Set(places.map(({ machine, interface: port }) => `\`${machine}\` (\`${port}\`)`))];
  const machines = new Set(places.map(({ machine }) => machine));
  return [
    ...(where.length === 0
      ? []
      : [{ kind: 'paragraph', text: words.places(notation.list(where), machines.size === 1) } as const]),
    ...gaps.map((gap): Block => ({ kind: 'remark', tone: 'bad', text: gapText(gap, words) })),
    ...flaws.map(({ kind, count }): Block => ({
      kind: 'remark',
      tone: 'bad',
      text: words.flaws[kind](notation.number(count)),
    })),
  ];
}

function gapText(
  { machine, interface: port, since }: CaptureGap,
  { gap, neverCaptured }: Language['report']['capture'],
): string {
  const place = `\`${machine}\` (\`${port}\`)`;
  return since === null ? neverCaptured(place) : gap(place, clockTime(Date.parse(since)));
}
