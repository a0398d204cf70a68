import { portsOf, listenPort } from '../../core/listen-port.ts';
import type { Language } from '../language/languages.ts';
import type { ReportData } from '../report-data.ts';

/** Of which protocols a report speaks. */
export interface Protocols {
  readonly tcp: boolean;
  readonly udp: boolean;
}

/**
 * Those of the ports that the programs of the run have, and those that the capture shows; of a run with neither, those
 * that its machines tried, as of a client whose server was never started. None where nothing tells.
 */
export function protocolsOf({ lab, capture }: Pick<ReportData, 'lab' | 'capture'>): Protocols {
  const ports = lab?.programs.flatMap(({ listens }) => listens.map(listenPort)) ?? [];
  const udp = capture.datagrams.length > 0 || portsOf('udp', ports).length > 0;
  const tcp = capture.conversations.length > 0 || portsOf('tcp', ports).length > 0;
  if (tcp || udp) return { tcp, udp };
  const tried = new Set(capture.attempts.map(({ protocol }) => protocol));
  return { tcp: tried.has('tcp'), udp: tried.has('udp') };
}

/** What is said where the capture has nothing of these protocols. */
export function missingWords(
  { tcp, udp }: Protocols,
  { report, datagrams }: Language,
): Language['report']['exchange']['missing'] {
  if (tcp === udp) return datagrams.missingBoth;
  return udp ? datagrams.missing : report.exchange.missing;
}
