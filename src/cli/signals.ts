import { setMaxListeners } from 'node:events';
import { setTimeout as setTimeoutPromise } from 'node:timers/promises';
import { say } from '../core/language/say.ts';
import { ExitCode, InterruptedError, type LabError } from '../core/errors.ts';

/** Clean-up gets this long after the first signal; then we leave, and `lab down` finds the rest in the journal. */
const CLEANUP_LIMIT_MS = 5000;

/** How long system calls may go on after clean-up. */
const SYSTEM_CALL_LIMIT_MS = 1000;

/**
 * The one AbortSignal of this process. The first SIGINT or SIGTERM aborts it, with an `InterruptedError` as its reason;
 * the second one, or five seconds, end the process at once. A terminal that goes away (SIGHUP) counts as SIGTERM, but
 * not as the second one: shells and terminals send it more than once.
 */
export function interruption(controller = new AbortController()): AbortSignal {
  // Every machine of a lab may listen; Node would warn from the eleventh on.
  setMaxListeners(0, controller.signal);
  const onSignal = (signal: 'SIGINT' | 'SIGTERM'): void => {
    const reason = new InterruptedError(signal);
    if (controller.signal.aborted)
      leave(reason, say`lab: stopped before clean-up was done; "lab down" removes what is left.`);
    process.stderr.write(
      signal === 'SIGINT'
        ? say`lab: interrupted, cleaning up (once more to leave at once)\n`
        : say`lab: told to stop, cleaning up (once more to leave at once)\n`,
    );
    stopWith(controller, reason);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.on('SIGHUP', () => {
    if (!controller.signal.aborted) onSignal('SIGTERM');
  });
  return controller.signal;
}

/** Ends the command for this reason, with the same time for clean-up as after a signal. Later reasons are ignored. */
export function stopWith(controller: AbortController, reason: LabError): void {
  if (controller.signal.aborted) return;
  setTimeout(
    () => leave(reason, say`lab: clean-up takes too long; "lab down" removes what is left.`),
    CLEANUP_LIMIT_MS,
  ).unref();
  controller.abort(reason);
}

/** Ends the process of an interrupted command that has cleaned up; system calls of its threads get a second to end. */
export async function endInterrupted({ exitCode }: LabError): Promise<never> {
  const until = performance.now() + SYSTEM_CALL_LIMIT_MS;
  while (hasSystemCalls() && performance.now() < until) await setTimeoutPromise(20);
  endProcess(exitCode);
}

function hasSystemCalls(): boolean {
  return process.getActiveResourcesInfo().some((resource) => resource.includes('Req'));
}

function leave({ exitCode }: LabError, why: string): never {
  process.stderr.write(`${why}\n`);
  endProcess(exitCode);
}

/**
 * Ends the process at once. Node waits at its end for system calls in its threads, and one that hangs (a file on a
 * server that is gone, a name that no server resolves) would hang it for ever: then a signal ends the process, for
 * which a shell shows the same 130 or 143.
 */
function endProcess(exitCode: ExitCode): never {
  if (hasSystemCalls()) {
    const signal = exitCode === ExitCode.interrupted ? 'SIGINT' : 'SIGTERM';
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  }
  process.exit(exitCode);
}
