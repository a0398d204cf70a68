import { quoteCommand } from '../../core/text/shell-quote.ts';
import type { DescribedFile, DescribedProgram } from '../../core/lab-description.ts';
import type { Language } from '../language/languages.ts';
import type { ReportData } from '../report-data.ts';
import { data, type Block, type Value } from './blocks.ts';

/** Each program: how it is started, its files with their hashes, its source. */
export function programs(report: ReportData, language: Language): Block[] {
  const described = report.lab?.programs ?? [];
  if (described.length === 0) return [{ kind: 'remark', tone: 'none', text: language.report.programs.none }];
  return described.flatMap((program) => programBlocks(program, report, language));
}

function programBlocks(program: DescribedProgram, report: ReportData, language: Language): Block[] {
  const {
    report: { programs: words },
    notation,
  } = language;
  const { name, on, command, build, buildOn, files, unlisted } = program;
  const runtime = report.facts.get(on)?.runtimes[name];
  const facts: (readonly [string, Value])[] = [
    [words.command, data(quoteCommand(command))],
    ...(build === undefined
      ? []
      : [[words.build, data(`${quoteCommand(build)}${buildOn === undefined ? '' : ` (${buildOn})`}`)] as const]),
    ...(runtime === undefined ? [] : [[words.runtime, data(runtimeText(command, runtime))] as const]),
  ];
  return [
    { kind: 'subheading', text: words.intro(name, on) },
    { kind: 'facts', items: facts },
    ...fileTable(files, language),
    ...(unlisted === undefined
      ? []
      : [{ kind: 'remark', tone: 'none', text: words.unlisted(notation.number(unlisted)) } as const]),
    ...files.flatMap((file) => sourceBlocks(file, report, language)),
  ];
}

/** `Python 3.12.3` says what it is; `v20.20.2` does not. */
export function runtimeText(command: readonly string[], version: string): string {
  return /^[A-Za-z]{2}/.test(version) ? version : `${command[0]} ${version}`;
}

function fileTable(files: readonly DescribedFile[], { report: { programs: words }, notation }: Language): Block[] {
  if (files.length === 0) return [];
  const { file, kind, size, hash } = words.fileHeads;
  const rows = files.map((each) => [
    data(each.path),
    words.kinds[each.kind],
    notation.bytes(each.sizeBytes),
    data(each.sha256),
  ]);
  return [{ kind: 'table', caption: words.fileTable, heads: [file, kind, size, hash], rows }];
}

/** How the programs begin that `lab init` writes; they are compiled, and no one hands them in as their own work. */
const DEMO = /^\/\/ A demo program of lab: its (server|client), compiled from (src\/programs\/\w+\.ts)\.\n/;

function sourceBlocks(
  { path, stored }: DescribedFile,
  { sources }: ReportData,
  { report: { programs: words } }: Language,
): Block[] {
  const text = stored === undefined ? undefined : sources.get(stored);
  if (stored === undefined || text === undefined)
    return [{ kind: 'remark', tone: 'none', text: words.notShown(path.replaceAll('`', "'")) }];
  const [, part, source] = DEMO.exec(text.head) ?? [];
  const listing: Block = {
    kind: 'listing',
    caption: data(path),
    text,
    omitted: (bytes) => words.omitted(bytes, stored),
    language: path.slice(path.lastIndexOf('.') + 1).toLowerCase(),
    ...(source !== undefined && { folded: true }),
  };
  if (source === undefined) return [listing];
  return [{ kind: 'remark', tone: 'none', text: words.demo[part as 'server' | 'client'](source) }, listing];
}
