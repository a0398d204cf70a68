import { allMachines, listFailures } from '../core/all-machines.ts';
import { ConnectionError, TimeoutError } from '../core/errors.ts';
import type { EventSink } from '../core/events.ts';
import { removePrograms } from '../deploy/remove-programs.ts';
import { removeServices } from '../services/supervise.ts';
import { takeBack, type SetUpNote } from './take-back.ts';
import type { TouchedMachine } from '../providers/provider.ts';
import { say } from '../core/language/say.ts';

export interface SweepOptions {
  readonly labName: string;
  readonly events: EventSink;
  readonly signal: AbortSignal;
  /** By machine, what lab did there as root. */
  readonly setUp: ReadonlyMap<string, SetUpNote>;
  /** Names of machines on which programs may run that outlive a command. */
  readonly keeping: ReadonlySet<string>;
}

/**
 * Takes back what the lab put on machines that are not its own. Returns what was taken back, in words; what stays there
 * is reported.
 *
 * @throws {ConnectionError} `machine-not-tidied` when some cannot be reached, or do no more than let us in.
 * @throws {EnvironmentError} as `removePrograms`.
 */
export async function sweep(machines: readonly TouchedMachine[], options: SweepOptions): Promise<string[]> {
  const swept = machines.map(async (machine) => sweepOne(machine, options));
  return allMachines(swept, options.signal).catch((error: unknown) => {
    throw error instanceof ConnectionError ? couldNotTidy(error) : error;
  });
}

async function sweepOne(
  machine: TouchedMachine,
  { labName, events, signal, setUp, keeping }: SweepOptions,
): Promise<string> {
  const { name } = machine;
  const shell = await machine.connect(signal);
  try {
    if (keeping.has(name)) await removeServices({ shell, lab: labName, signal });
    const note = setUp.get(name);
    const removed = note === undefined ? [] : await takeBack(shell, note, { events, signal });
    const stays = await removePrograms(shell, labName, signal).catch((error: unknown) => fallenSilent(name, error));
    for (const message of stays)
      await events.emit({ kind: 'notice', level: 'info', message: say`${name}: ${message}` });
    return [
      say`the lab's folder on ${name}`,
      ...(removed.length > 0 ? [say`packages there: ${removed.join(', ')}`] : []),
    ].join(', ');
  } finally {
    await shell.close();
  }
}

/** A machine that lets us in and does no more is as good as one that cannot be reached: `down --purge` forgets it. */
function fallenSilent(machine: string, error: unknown): never {
  if (!(error instanceof TimeoutError)) throw error;
  throw new ConnectionError(machine, error.message, { code: 'machine-silent', hint: error.hint, cause: error });
}

function couldNotTidy(failure: ConnectionError): ConnectionError {
  const isOne = failure.code !== 'machines-unreachable';
  return new ConnectionError(
    failure.machine,
    isOne
      ? say`what the lab put there stays on a machine that cannot be reached`
      : say`what the lab put there stays on machines that cannot be reached`,
    {
      code: 'machine-not-tidied',
      detail: isOne ? listFailures([failure]) : failure.detail,
      hint: say`Start the machine and run "lab down" again; "lab down --purge" forgets the lab without that.`,
      cause: failure,
    },
  );
}
