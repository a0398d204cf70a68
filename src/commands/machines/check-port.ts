import { withCleanup } from '../../core/cleanup.ts';
import { CheckError, UsageError } from '../../core/errors.ts';
import { silent } from '../../core/events.ts';
import { describeHolder } from '../../core/port-holder.ts';
import { say } from '../../core/language/say.ts';
import { freePort, type EndedHolder } from '../../ports/free-port.ts';
import { inspectPort, type PortReport } from '../../ports/inspect-port.ts';
import { refusalToFree } from '../../ports/protection.ts';
import { hasPort, portText, type PortProtocol } from '../../core/listen-port.ts';
import { startedServices } from '../services/known-services.ts';
import type { Shell } from '../../ssh/shell.ts';
import type { CommandContext } from '../../session/context.ts';
import { openSession } from '../../session/open-session.ts';
import { askSudoPassword, sudoPasswordsOf, type SudoPasswords } from '../../session/sudo-password.ts';

export interface CheckPortOptions {
  readonly port: number;
  /** Both, unless one is named. */
  readonly protocols?: readonly PortProtocol[] | undefined;
  /** Names of machines; none means all of them. */
  readonly on: readonly string[];
  readonly kill: boolean;
  readonly yes: boolean;
}

export interface CheckPortResult {
  readonly port: number;
  /** What was found of TCP at last, of each machine in the order of the lab file. */
  readonly machines: readonly PortReport[];
  /** The same of UDP. */
  readonly udp: readonly PortReport[];
  /** What was ended on the way. */
  readonly ended: readonly ({ readonly machine: string; readonly protocol: PortProtocol } & EndedHolder)[];
  /** Whether a server would not get the port somewhere. */
  readonly busy: boolean;
}

/**
 * Looks who holds a port on each machine and what a server would get there, in parallel, and frees it with `kill`.
 *
 * @throws {UsageError} for `kill` without `yes` where there is no one to ask. @throws {CheckError} when the port cannot
 * be freed, with the reason.
 */
export async function checkPort(context: CommandContext, options: CheckPortOptions): Promise<CheckPortResult> {
  const { port, protocols = ['tcp', 'udp'], on, kill, yes } = options;
  if (kill && !yes && context.terminal.confirm === undefined) {
    const argument = protocols.length === 1 ? portText({ port, protocol: protocols[0]! }) : port;
    throw new UsageError(say`--kill needs --yes here, because there is no terminal to ask on`, {
      code: 'needs-yes',
      hint: say`Look first, with "lab check-port ${argument}"; then add --yes.`,
    });
  }
  return withCleanup(async (cleanup) => {
    const session = openSession(context);
    const { shells, state } = await session.connect(cleanup, on);
    const passwords = sudoPasswordsOf(shells.keys());
    const look = (shell: Shell, protocol: PortProtocol): Promise<PortReport> =>
      inspectPort(shell, port, { signal: context.signal, sudoPassword: passwords.get(shell.machine), protocol });
    const first = await Promise.all(
      [...shells.values()].flatMap((shell) => protocols.map((protocol) => look(shell, protocol))),
    );
    // What is to be ended should be known before the user agrees to it.
    const asked = new Set<string>();
    for (const report of kill ? first : [])
      if (await askSudoPassword(context, shells.get(report.machine)!, report, passwords)) asked.add(report.machine);
    const reports = await Promise.all(
      first.map(async (report) =>
        asked.has(report.machine) ? look(shells.get(report.machine)!, report.protocol) : report,
      ),
    );
    const busy = reports.filter(({ holders }) => holders.length > 0);
    const endable = busy.filter((report) => refusalToFree(report) === undefined);
    // Nobody is asked about what will not be done.
    if (kill && busy.length > 0 && endable.length === 0) throw refusalToFree(busy[0]!)!;
    const agreed = kill && endable.length > 0 && (yes || (await context.terminal.confirm!(question(endable))));
    if (!agreed) return resultOf(port, reports, []);
    const freed = freeAll({ signal: context.signal, shells, passwords }, port, reports);
    return await freed.catch(async (error: unknown) => {
      const services = new Set((await startedServices(session)).map(({ name }) => name));
      const ofPort = state.programs.filter(({ name, listens }) => services.has(name) && hasPort(listens, { port }));
      throw serviceComesBack(error, ofPort) ?? error;
    });
  });
}

/** What lab itself starts again is ended by lab. */
function serviceComesBack(
  error: unknown,
  services: readonly { readonly name: string; readonly on: string }[],
): CheckError | undefined {
  if (!(error instanceof CheckError) || error.code !== 'port-supervised') return undefined;
  const service = services.find(({ on }) => on === error.data?.['machine']);
  return (
    service &&
    new CheckError(error.message, {
      code: error.code,
      data: error.data,
      hint: say`It is the service ${service.name}, which lab keeps: lab stop ${service.name}`,
      cause: error,
    })
  );
}

function question(busy: readonly PortReport[]): string {
  const holders = busy.flatMap(({ machine, protocol, holders: list }) =>
    list.map((holder) =>
      protocol === 'udp'
        ? say`${describeHolder(holder)} on ${machine} (UDP)`
        : say`${describeHolder(holder)} on ${machine}`,
    ),
  );
  return say`End ${[...new Set(holders)].join(say` and `)}?`;
}

interface Means {
  readonly signal: AbortSignal;
  readonly shells: ReadonlyMap<string, Shell>;
  readonly passwords: SudoPasswords;
}

/**
 * Frees the port wherever it is busy; when that fails somewhere, the other machines are still seen to. The result tells
 * all, so no events do.
 */
async function freeAll(
  { signal, shells, passwords }: Means,
  port: number,
  reports: readonly PortReport[],
): Promise<CheckPortResult> {
  const attempts = await Promise.allSettled(
    reports.map((report) =>
      freePort(shells.get(report.machine)!, report, {
        events: silent,
        signal,
        sudoPassword: passwords.get(report.machine),
      }),
    ),
  );
  const failed = attempts.find((attempt) => attempt.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  const results = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
  return resultOf(
    port,
    results.map(({ after }) => after),
    results.flatMap(({ machine, ended, after: { protocol } }) => ended.map((one) => ({ machine, protocol, ...one }))),
  );
}

function resultOf(port: number, reports: readonly PortReport[], ended: CheckPortResult['ended']): CheckPortResult {
  const of = (wanted: PortProtocol): PortReport[] => reports.filter(({ protocol }) => protocol === wanted);
  return {
    port,
    machines: of('tcp'),
    udp: of('udp'),
    ended,
    busy: reports.some(({ state }) => state === 'busy' || state === 'forbidden'),
  };
}
