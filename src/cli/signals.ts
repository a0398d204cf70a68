import { setMaxListeners } from 'node:events';
import { ExitCode, InterruptedError } from '../core/errors.ts';

/** Clean-up gets this long after the first signal; then we leave, and `lab down` finds the rest in the journal. */
const cleanupLimitMs = 5000;

const exitCodes = { SIGINT: ExitCode.interrupted, SIGTERM: ExitCode.terminated } as const;

/**
 * The one AbortSignal of this process. The first SIGINT or SIGTERM aborts it, with an `InterruptedError` as its reason; the second one, or five seconds,
 * end the process at once. A terminal that goes away (SIGHUP) counts as SIGTERM.
 */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  // Every machine of a lab may listen; Node would warn from the eleventh on.
  setMaxListeners(0, controller.signal);
  const onSignal = (signal: 'SIGINT' | 'SIGTERM'): void => {
    if (controller.signal.aborted) leave(signal, 'lab: stopped before clean-up was done');
    process.stderr.write(`lab: ${signal === 'SIGINT' ? 'interrupted' : 'told to stop'}, cleaning up (once more to leave at once)\n`);
    setTimeout(() => leave(signal, 'lab: clean-up takes too long'), cleanupLimitMs).unref();
    controller.abort(new InterruptedError(signal));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.on('SIGHUP', () => onSignal('SIGTERM'));
  return controller.signal;
}

function leave(signal: 'SIGINT' | 'SIGTERM', why: string): never {
  process.stderr.write(`${why}; "lab down" removes what is left.\n`);
  process.exit(exitCodes[signal]);
}
