import type { Language } from '../language/languages.ts';
import type { ReportData } from '../report-data.ts';
import { architecture } from './architecture-section.ts';
import type { Block, ReportDocument } from './blocks.ts';
import { rolesBySide } from './roles-by-side.ts';
import { checks } from './checks-section.ts';
import { ending } from './ending.ts';
import { exchange } from './exchange-section.ts';
import { files } from './files-section.ts';
import { model } from './model-section.ts';
import { headingOf, tilesOf } from './overview.ts';
import { portCheck } from './port-section.ts';
import { programs } from './programs-section.ts';
import { terminals } from './terminals.ts';

type SectionName = keyof Language['report']['sections'];

/** What each section says, in the order of the practical; what a teacher verifies comes behind it. */
const sectionWriters: Readonly<Record<SectionName, (report: ReportData, language: Language) => Block[]>> = {
  architecture,
  model,
  programs,
  port: portCheck,
  server: (report, language) => terminals(rolesBySide(report).servers, language),
  client: (report, language) => terminals(rolesBySide(report).clients, language),
  exchange,
  end: ending,
  checks,
  files,
};

/**
 * The report of a run in a language: everything that it says, in no format yet.
 *
 * @param madeAtMs When it is made, milliseconds since the Unix epoch.
 */
export function composeReport(
  report: ReportData,
  language: Language,
  version: string,
  madeAtMs: number,
): ReportDocument {
  const { sections, title, made } = language.report;
  return {
    title: title(report.run.lab),
    heading: headingOf(report, language),
    tiles: tilesOf(report, language),
    sections: (Object.keys(sectionWriters) as SectionName[]).map((id) => ({
      id,
      title: sections[id],
      blocks: sectionWriters[id](report, language),
    })),
    footer: made(version, language.notation.dateTime(madeAtMs)),
  };
}
