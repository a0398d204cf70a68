import type { ProgramEntry } from './program-files.ts';

/** One line of a manifest: what we put at a path of a program's folder. */
export type ManifestEntry =
  | { readonly kind: 'file'; readonly path: string; readonly sha256: string; readonly executable: boolean }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

/**
 * The manifest of a program as it lies on the machine: one line an entry, fields apart by tabs, in the order of paths.
 */
export function manifestLines(entries: readonly ProgramEntry[]): string[] {
  return entries.map((entry) =>
    entry.kind === 'file'
      ? `f\t${entry.sha256}\t${entry.executable ? 'x' : '-'}\t${entry.path}`
      : `l\t${entry.target}\t-\t${entry.path}`,
  );
}

/** A line of a manifest, or undefined when it is none of ours. */
export function parseManifestLine(line: string): ManifestEntry | undefined {
  const [kind, value, mode, path, ...rest] = line.split('\t');
  if (value === undefined || path === undefined || rest.length > 0) return undefined;
  if (kind === 'f') return { kind: 'file', path, sha256: value, executable: mode === 'x' };
  return kind === 'l' ? { kind: 'link', path, target: value } : undefined;
}
