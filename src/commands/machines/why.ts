import { hasPort, type PortProtocol } from '../../core/listen-port.ts';
import { addressesOf } from '../../core/lab-description.ts';
import { withCleanup } from '../../core/cleanup.ts';
import { UsageError } from '../../core/errors.ts';
import { suggestion } from '../../core/text/suggest.ts';
import { say } from '../../core/language/say.ts';
import { explainReach } from '../../reach/explain-reach.ts';
import type { ReachReport } from '../../reach/reach-report.ts';
import { connectEach } from '../../session/connect-each.ts';
import type { CommandContext } from '../../session/context.ts';
import { openSession } from '../../session/open-session.ts';
import type { FoundLab } from '../../session/session.ts';
import { sudoPasswordsOf } from '../../session/sudo-password.ts';

export interface WhyOptions {
  /** Name of a machine, or of a program, which means its machine. */
  readonly from: string;
  readonly to: WhyTarget;
}

export interface WhyTarget {
  /** A name or an address; of a program, its machine is meant. */
  readonly host: string;
  /** Undefined: the port of the program with that name, or only the way to the machine. */
  readonly port: number | undefined;
  /** Undefined: UDP where only that port of the lab is meant, else TCP. */
  readonly protocol: 'tcp' | 'udp' | undefined;
}

/**
 * Looks at each link between a machine and a port of another, and finds the first that is broken. Nothing connects to
 * the port.
 *
 * @throws {UsageError} for a machine that the lab does not have. @throws {EnvironmentError} when the lab is not up.
 * @throws {ConnectionError} when the machine that asks cannot be reached.
 */
export async function why(context: CommandContext, { from, to }: WhyOptions): Promise<ReachReport> {
  return withCleanup(async (cleanup) => {
    const session = openSession(context);
    const { state, provider, machines } = (await session.attached()) ?? (await session.machines());
    const source = machineOf(from, state);
    const target = targetOf(to, state);
    await session.machines([source]);
    const wanted = machines.filter(({ machine: { name } }) => name === source || isNeeded(target.host, name, state));
    const { shells, silent } = await connectEach(wanted, cleanup, context.signal);
    const problem = silent.get(source);
    if (problem !== undefined) throw problem.error;
    return explainReach(
      { from: source, ...target },
      {
        lab: { ...state, isMade: provider.features.ownsMachines },
        shells,
        silent: new Map([...silent].map(([name, { words }]) => [name, words])),
        sudoPasswords: sudoPasswordsOf(shells.keys()),
        signal: context.signal,
      },
    );
  });
}

type State = FoundLab['state'];

function machineOf(name: string, { machines, programs }: State): string {
  const program = programs.find((one) => one.name === name);
  if (machines.some((machine) => machine.name === name)) return name;
  if (program !== undefined) return program.on;
  throw new UsageError(say`this lab has no machine or program "${name}"`, {
    code: 'unknown-machine',
    hint: suggestion(
      name,
      [...machines, ...programs].map((one) => one.name),
    ),
  });
}

/** What a name means when a program has it: its machine, and its port where none is given. */
function targetOf(target: WhyTarget, { machines, programs }: State): WhyTarget {
  const program = programs.find(({ name }) => name === target.host);
  if (program === undefined || (target.port !== undefined && machines.some(({ name }) => name === target.host)))
    return { ...target, protocol: protocolOf(target, programs) };
  const [first] = program.listens;
  const port = target.port ?? first?.port;
  if (port === undefined && !machines.some(({ name }) => name === target.host)) {
    throw new UsageError(say`program "${program.name}" has no port in the lab file`, {
      code: 'no-port',
      hint: say`Write its port behind its machine, for example:  ${program.on}:7999`,
    });
  }
  const protocol = target.port === undefined ? first?.protocol : protocolOf({ ...target, host: program.on }, programs);
  return { ...target, host: program.on, port, protocol: target.protocol ?? protocol };
}

/** As it is asked for; else UDP where a program of that machine has the port for datagrams only. */
function protocolOf({ host, port, protocol }: WhyTarget, programs: State['programs']): WhyTarget['protocol'] {
  if (protocol !== undefined || port === undefined) return protocol;
  const has = (wanted: PortProtocol): boolean =>
    programs.some(({ on, listens }) => on === host && hasPort(listens, { protocol: wanted, port }));
  return has('udp') && !has('tcp') ? 'udp' : undefined;
}

/** Whether a machine is asked: the one that is meant, and routers; all where it is not known before which is meant. */
function isNeeded(host: string, name: string, { machines }: State): boolean {
  const meant = machines.find((machine) => machine.name === host || addressesOf(machine).includes(host));
  return (
    meant === undefined || meant.name === name || machines.some((one) => one.name === name && one.forward === true)
  );
}
