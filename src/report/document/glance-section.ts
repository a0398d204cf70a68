import type { Language } from '../language/languages.ts';
import type { ReportData } from '../report-data.ts';
import { topologyOf } from '../topology/topology.ts';
import type { Block } from './blocks.ts';
import { tcpBlocks } from './tcp-blocks.ts';

/** What most readers came for: the machines, and what went between them. */
export function glance(report: ReportData, language: Language): Block[] {
  const { lab, run } = report;
  const caption = language.report.architecture.figure;
  return [
    ...(lab === undefined ? [] : [{ kind: 'topology', caption, topology: topologyOf(run.lab, lab) } as const]),
    ...tcpBlocks(report, language),
  ];
}
