import { lookAtServices } from '../../services/supervise.ts';
import type { ServiceFacts } from '../../services/service-facts.ts';
import type { ServiceNote } from '../../services/service-notes.ts';
import type { Shell } from '../../ssh/shell.ts';

/** How a service does. */
export interface ServiceStatus {
  readonly name: string;
  readonly on: string;
  /** Started by `lab start`, and no service of the lab file. */
  readonly byHand: boolean;
  /**
   * `waiting`: it has ended and is started again in a moment; `ended`: by itself, with exit code 0; `lost`: what kept it
   * was ended; `unknown`: its machine does not answer.
   */
  readonly state: ServiceFacts['phase'] | 'unknown';
  /** On the machine; null when it does not run. */
  readonly pid: number | null;
  /** When it was last started, by the clock of the machine (ISO 8601). */
  readonly since: string | null;
  /** How often it was started again by itself. */
  readonly restarts: number;
  /** Of its last end; null while it runs, or when a signal ended it. */
  readonly exitCode: number | null;
  /** Of its last end, without SIG. */
  readonly signal: string | null;
  /** It ended too often, and is not started again. */
  readonly gaveUp: boolean;
}

/** How these services do; one question to each of their machines. */
export async function serviceStatus(
  lab: string,
  services: readonly ServiceNote[],
  { shells, signal }: { readonly shells: ReadonlyMap<string, Shell>; readonly signal: AbortSignal },
): Promise<ServiceStatus[]> {
  const byMachine = Map.groupBy(services, ({ machine }) => machine);
  const looks = [...byMachine].map(async ([machine, its]) => {
    const shell = shells.get(machine);
    const names = its.map(({ name }) => name);
    const facts = shell === undefined ? [] : await lookAtServices({ shell, lab, signal }, names);
    return its.map((note) =>
      statusOf(
        note,
        shell === undefined ? 'unknown' : 'stopped',
        facts.find(({ name }) => name === note.name),
      ),
    );
  });
  return (await Promise.all(looks)).flat();
}

function statusOf(
  { name, machine, byHand }: ServiceNote,
  otherwise: ServiceStatus['state'],
  facts: ServiceFacts | undefined,
): ServiceStatus {
  return {
    name,
    on: machine,
    byHand,
    state: facts?.phase ?? otherwise,
    pid: facts?.pid ?? null,
    since: facts?.sinceMs === undefined ? null : new Date(facts.sinceMs).toISOString(),
    restarts: facts?.restarts ?? 0,
    exitCode: facts?.exitCode ?? null,
    signal: facts?.signal ?? null,
    gaveUp: facts?.gaveUp ?? false,
  };
}
