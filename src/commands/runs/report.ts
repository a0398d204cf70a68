import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import packageJson from '../../../package.json' with { type: 'json' };
import { UsageError } from '../../core/errors.ts';
import { spokenLanguage } from '../../core/language/speak.ts';
import type { ReportDocument } from '../../report/document/blocks.ts';
import { composeReport } from '../../report/document/compose.ts';
import type { LanguageCode } from '../../core/lab-description.ts';
import { say } from '../../core/language/say.ts';
import { ciJob, pathInWorkspace } from '../../host/situation/ci-job.ts';
import type { JunitPlaces } from '../../report/junit.ts';
import { languages } from '../../report/language/languages.ts';
import type { ReportData } from '../../report/report-data.ts';
import { loadLab } from '../../lab/load-lab.ts';
import { stateFolderFor } from '../../state/state-folder.ts';
import { findRun } from '../../state/runs/stored-runs.ts';
import type { CommandContext } from '../../session/context.ts';
import { gatherReport } from '../../evidence/gather-report.ts';
import { writeOutput } from '../../host/files/output.ts';
import { reportPageWithRecord } from '../../evidence/verify/report-page.ts';
import { writeUserFile } from '../../host/files/user-file.ts';

export interface ReportOptions {
  /** Name of the run or its start; undefined means the newest. */
  readonly run: string | undefined;
  /** Default: what `report.lang` of the lab file says, or the language of messages. */
  readonly language: LanguageCode | undefined;
  readonly format: string;
  /** Path of the file, `-` for the output; undefined for the run folder. */
  readonly output: string | undefined;
}

export interface ReportResult {
  readonly run: string;
  readonly format: string;
  readonly language: LanguageCode;
  /** Absolute path; undefined when it was written to the output. */
  readonly file: string | undefined;
}

/** What a report is made in, and the folder of its run. */
interface Made {
  readonly language: LanguageCode;
  readonly folder: string;
  /** Absolute path of the lab file. */
  readonly labFile: string;
  /** Folder of the file that is written, or that the user stands in. */
  readonly from: string;
}

/**
 * Each format: the ending of its file, and how it is made. Modules are loaded here, because only one of them is needed.
 */
const formats: Readonly<
  Record<string, { readonly ending: string; readonly make: (data: ReportData, about: Made) => Promise<string> }>
> = {
  html: { ending: 'html', make: reportPageWithRecord },
  md: {
    ending: 'md',
    make: async (data, { language: code }) =>
      (await import('../../report/markdown/render-markdown.ts')).reportMarkdown(composed(data, code), languages[code]),
  },
  json: { ending: 'json', make: async (data) => (await import('../../report/report-json.ts')).reportJson(data) },
  junit: {
    ending: 'xml',
    make: async (data, { language: code, ...about }) =>
      (await import('../../report/junit.ts')).reportJunit(data, languages[code], junitPlaces(data, about)),
  },
};

/** What is attached, where it is there; the page first, because GitLab shows only one. */
function junitPlaces({ files }: ReportData, { folder, labFile, from }: Omit<Made, 'language'>): JunitPlaces {
  const names = files.map(({ name }) => name);
  const shown = ['session.cast', 'capture.pcap', ...names.filter((name) => /^[^/]*\.log$/.test(name))];
  const wanted = ['report.html', ...shown].filter((name) => existsSync(join(folder, name)));
  return { labFile: nameFor(labFile, from), attachments: wanted.map((name) => nameFor(join(folder, name), from)) };
}

/**
 * GitLab takes paths from the folder of the repository, the plugin of Jenkins wants them absolute, and the others take
 * them from where the report lies.
 */
function nameFor(path: string, from: string): string {
  const job = ciJob();
  if (job?.service === 'gitlab' || job?.service === 'github') return pathInWorkspace(path);
  return job?.workspace === undefined ? relative(from, path).replaceAll('\\', '/') : path;
}

function composed(data: ReportData, code: LanguageCode): ReportDocument {
  return composeReport(data, languages[code], packageJson.version, Date.now());
}

/** The formats that `--format` knows, the default first. */
export const reportFormats: readonly string[] = Object.keys(formats);

/**
 * Makes the report of a stored run.
 *
 * @throws {UsageError} when there is no such run or format. @throws {EnvironmentError} when the file cannot
 * be written.
 */
export async function report(context: CommandContext, options: ReportOptions): Promise<ReportResult> {
  const format = formats[options.format];
  if (format === undefined) throw unknownFormat(options.format);
  const stored = await findRun(stateFolderFor(context), options.run);
  const data = await withHeading(context, await gatherReport(stored));
  const language = options.language ?? data.lab?.report.language ?? spokenLanguage();
  const file =
    options.output === undefined ? join(stored.path, `report.${format.ending}`) : resolve(context.cwd, options.output);
  const from = options.output === '-' ? context.cwd : dirname(file);
  const text = await format.make(data, { language, folder: stored.path, labFile: context.labFile, from });
  const result = { run: stored.id, format: options.format, language };
  if (options.output === '-') {
    await writeOutput(context.terminal.stdout, text);
    return { ...result, file: undefined };
  }
  await writeUserFile(file, text, options.output === undefined ? 0o600 : undefined);
  return { ...result, file };
}

function unknownFormat(name: string): UsageError {
  const hint =
    name === 'pdf'
      ? say`Open the HTML report in a browser and print it: "lab report".`
      : say`Known: ${reportFormats.join(', ')}`;
  return new UsageError(say`there is no format "${name}"`, { code: 'unknown-format', hint });
}

/** Who hands it in is often written after the run: the lab file as it is now says it, where it says anything. */
async function withHeading({ labFile, overrides, providers }: CommandContext, data: ReportData): Promise<ReportData> {
  const loaded = await loadLab(labFile, providers.names, overrides).catch(() => undefined);
  const heading = loaded !== undefined && 'lab' in loaded ? loaded.lab.report : undefined;
  return heading === undefined || data.lab === undefined ? data : { ...data, lab: { ...data.lab, report: heading } };
}
