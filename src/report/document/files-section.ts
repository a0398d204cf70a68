import type { Language } from '../language/languages.ts';
import type { ReportData } from '../report-data.ts';
import { data, type Block, type Value } from './blocks.ts';

const MOST_FILES = 300;

/** The hashes of all that the report rests on. */
export function files({ files: hashed, lab }: ReportData, { report: { files: words }, notation }: Language): Block[] {
  const { file, size, hash } = words.heads;
  const labFile: Value[][] =
    lab?.labFile === undefined ? [] : [[data(lab.labFile.name), words.labFile, data(lab.labFile.sha256)]];
  const rows = hashed
    .slice(0, MOST_FILES)
    .map((each): Value[] => [data(each.name), notation.bytes(each.sizeBytes), data(each.sha256)]);
  return [
    { kind: 'paragraph', text: words.intro },
    { kind: 'table', caption: '', heads: [file, size, hash], rows: [...rows, ...labFile] },
    ...(hashed.length > MOST_FILES
      ? [
          {
            kind: 'remark',
            tone: 'none',
            text: words.cut(notation.number(MOST_FILES), notation.number(hashed.length)),
          } as const,
        ]
      : []),
  ];
}
