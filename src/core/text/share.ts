import { say } from '../language/say.ts';

/** `12.3 MB of 53.1 MB (23 %)`: how much of something has come; without the whole where that is not known. */
export function formatShare(bytes: number, total: number | undefined): string {
  if (total === undefined) return megabytes(bytes);
  const percent = total === 0 ? 100 : Math.min(100, Math.floor((bytes / total) * 100));
  return say`${megabytes(Math.min(bytes, total))} of ${megabytes(total)} (${percent} %)`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
