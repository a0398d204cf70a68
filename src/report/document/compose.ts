import type { Language } from '../language/languages.ts';
import type { ReportData } from '../report-data.ts';
import { architecture } from './architecture-section.ts';
import type { Block, ReportDocument, SectionName } from './blocks.ts';
import { rolesBySide } from './roles-by-side.ts';
import { checks } from './checks-section.ts';
import { ending } from './ending.ts';
import { exchange } from './exchange-section.ts';
import { files } from './files-section.ts';
import { glance } from './glance-section.ts';
import { model } from './model-section.ts';
import { headingOf, tilesOf } from './overview.ts';
import { portCheck } from './port-section.ts';
import { programs } from './programs-section.ts';
import { terminals } from './terminals.ts';

/** What each section says: the pictures, then all in the order of the practical; what a teacher verifies comes last. */
const sectionWriters: Readonly<Record<SectionName, (report: ReportData, language: Language) => Block[]>> = {
  glance,
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
