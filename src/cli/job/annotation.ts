import { dirname, resolve } from 'node:path';
import { sanitize } from '../../core/text/sanitize.ts';
import { pathInWorkspace } from '../../host/situation/ci-job.ts';
import type { Problem } from '../../lab/problem.ts';

/** A problem that a service shows where it stands in the repository. */
export interface Annotation {
  readonly title: string;
  readonly message: string;
  readonly place?:
    | {
        /** Absolute path. */
        readonly file: string;
        readonly line: number;
        readonly column?: number;
        /** The last column that belongs to it. */
        readonly endColumn?: number;
      }
    | undefined;
}

/** One annotation for each problem of a lab file. */
export function annotationsOf(file: string, problems: readonly Problem[]): Annotation[] {
  return problems.map(({ position: { line, column, file: included }, length, path, message, hint }) => ({
    title: included ?? 'lab.yaml',
    message: `${path === '' ? '' : `${path}: `}${message}${hint === undefined ? '' : `\n${hint}`}`,
    place: {
      file: included === undefined ? file : resolve(dirname(file), included),
      line,
      column,
      endColumn: column + length - 1,
    },
  }));
}

/**
 * A workflow command of GitHub Actions
 * (https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands), escaped as its toolkit does.
 */
export function annotationLine({ title, message, place }: Annotation): string {
  const properties = {
    ...(place === undefined
      ? {}
      : { file: pathInWorkspace(place.file), line: place.line, col: place.column, endColumn: place.endColumn }),
    title,
  };
  const list = Object.entries(properties)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${escapeProperty(String(value))}`);
  return `::error ${list.join(',')}::${escapeData(message)}`;
}

function escapeData(text: string): string {
  return sanitize(text.replaceAll('\r\n', '\n')).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
