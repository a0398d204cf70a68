import packageJson from '../../../package.json' with { type: 'json' };
import { languageNames, type LanguageCode, type ReportHeading } from '../../core/lab-description.ts';
import { jsonText } from '../../core/json/json-text.ts';
import { list, nullable, number, object, oneOf, ShapeError, text, type Shape } from '../../core/json/shape.ts';
import { say } from '../../core/language/say.ts';
import type { ReportData } from '../../report/report-data.ts';
import { heading, storedPath } from '../../report/run/event-shapes.ts';
import { readPlayer } from '../player-files.ts';
import { packRecord } from './packed-record.ts';

/** A record as a page carries it, with all that the page was made from besides. */
export interface PageRecord {
  readonly schemaVersion: 1;
  /** Of lab, and of the Node.js that it ran on: another one may word a date otherwise. */
  readonly version: string;
  readonly node: string;
  readonly language: LanguageCode;
  /** Milliseconds since the Unix epoch. */
  readonly madeAtMs: number;
  /** As Intl names it: `Europe/Paris`. */
  readonly timeZone: string;
  /** What the lab file said when the page was made; null when nothing is known of the lab. */
  readonly heading: ReportHeading | null;
  /** Files of the run that the page does not carry. */
  readonly leftOut: readonly string[];
  readonly packed: string;
}

/** A name that Intl takes. */
const timeZone: Shape<string> = (value, where) => {
  const name = text(value, where);
  if (!isTimeZone(name)) throw new ShapeError(where, say`a time zone`, value);
  return name;
};

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** Where this host's is none that Intl knows, times are those of UTC. */
function timeZoneHere(): string {
  const name = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return isTimeZone(name) ? name : 'UTC';
}

/** `PageRecord` as it is read from a page. */
export const pageRecordShape = object<PageRecord>({
  schemaVersion: oneOf(1),
  version: text,
  node: text,
  language: oneOf(...languageNames),
  madeAtMs: number(0, 253_402_300_799_999),
  timeZone,
  heading: nullable(heading),
  leftOut: list(storedPath),
  packed: text,
});

/** What stands around the record in a page; nothing else in it can look so, because all else is escaped. */
export const RECORD_BEGIN = '<script type="application/json" id="record">';
export const RECORD_END = '</script>';

/** The report of a run as a page that carries its record, made now. */
export async function reportPageWithRecord(
  data: ReportData,
  { language, folder }: { readonly language: LanguageCode; readonly folder: string },
): Promise<string> {
  const carried: PageRecord = {
    schemaVersion: 1,
    version: packageJson.version,
    node: process.version,
    language,
    madeAtMs: Date.now(),
    timeZone: timeZoneHere(),
    heading: data.lab?.report ?? null,
    ...(await packRecord(folder, data.files)),
  };
  // Its fields in the order in which they are read again.
  return pageOf(data, pageRecordShape(carried, ''));
}

/** The page: the same data and the same record make the same page, to the byte. Modules are loaded here, because few commands need them. */
export async function pageOf(data: ReportData, carried: PageRecord): Promise<string> {
  const [{ reportPage }, { composeReport }, { languages }, { inTimeZone }, player] = await Promise.all([
    import('../../report/html/page.ts'),
    import('../../report/document/compose.ts'),
    import('../../report/language/languages.ts'),
    import('../../report/language/notation.ts'),
    readPlayer(),
  ]);
  const { language: code, version, madeAtMs, timeZone } = carried;
  const language = { ...languages[code], notation: inTimeZone(languages[code].notation, code, timeZone) };
  const document = composeReport(data, language, version, madeAtMs);
  return reportPage(document, language, { player, record: jsonText(carried) });
}
