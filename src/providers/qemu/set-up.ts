import { scriptFile } from '../../core/files/script-file.ts';
import type { Shell } from '../../ssh/shell.ts';

const setClockScript = scriptFile(new URL('set-clock.sh', import.meta.url));

export interface SetUpLimits {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Its exit status is 1 for errors and, since cloud-init 23.4, 2 for what it could get over; older ones end with 0 or 1.
 */
const WAIT_SCRIPT = 'command -v cloud-init >/dev/null 2>&1 || exit 0; cloud-init status --wait --long 2>&1';

/**
 * Waits until cloud-init, where there is one, has done all its work.
 *
 * @returns what it complains of; undefined when all is well. @throws {TimeoutError} when it goes on and on.
 */
export async function waitForCloudInit(shell: Shell, limits: SetUpLimits): Promise<string | undefined> {
  const { exitCode, stdout } = await shell.exec({ script: WAIT_SCRIPT }, limits);
  return exitCode === 0 ? undefined : complaintIn(stdout);
}

/** Fields of `cloud-init status --long` that say nothing of what is wrong; what is stands below them. */
const HEADINGS = /^(extended_status|boot_status_code|last_update|detail|errors|recoverable_errors):/;

/** The complaint in what `cloud-init status --long` prints, in one line: `error: (…)`. */
export function complaintIn(status: string): string {
  const lines = status.split('\n').map((line) => line.trim().replace(/^\.+$|^- /, ''));
  return lines
    .filter((line) => line !== '' && !HEADINGS.test(line))
    .join(' ')
    .replace(/^status: (\w+) ?/, '$1: ');
}

/**
 * Sets the clock of a resumed machine, which still has the time at which it was saved. Returns the machine's words when
 * it refuses.
 */
export async function setClock(shell: Shell, limits: SetUpLimits): Promise<string | undefined> {
  const { exitCode, stderr } = await shell.exec(
    { script: setClockScript(), args: [String(Math.ceil(Date.now() / 1000))] },
    { ...limits, endsByItself: true },
  );
  return exitCode === 0 ? undefined : stderr.trim();
}
