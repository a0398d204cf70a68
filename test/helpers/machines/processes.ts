import { readFileSync } from 'node:fs';
import { retryUntil } from '../../../src/core/time/retry.ts';

/** Whether a process of this host runs; one that is dead but not yet collected by its parent does not. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}

/** Waits until a process is gone. */
export async function gone(pid: number, timeoutMs = 10_000): Promise<void> {
  await retryUntil(() => (isAlive(pid) ? { seen: `process ${pid} runs` } : { value: undefined }), {
    what: `process ${pid} to end`,
    timeoutMs,
  });
}
