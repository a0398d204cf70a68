import { jsonText } from './json-text.ts';
import type { ReportData } from './report-data.ts';

/**
 * All that a report rests on, for programs: the run, the lab, port checks, terminals as text, every TCP conversation with its segments, hashes. Recordings are
 * left out: they lie in the run folder. Ends with a line feed.
 */
export function reportJson({ run, lab, facts, portChecks, terminals, capture, files, notices }: ReportData): string {
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
      omitted: capture.omitted,
      conversations: capture.conversations.map(({ conversation, spoken, clientRole, serverRole }) => ({ ...conversation, clientRole, serverRole, spoken: Object.fromEntries(spoken) })),
    },
    files,
    notices,
  };
  return `${jsonText(document, 2)}\n`;
}
