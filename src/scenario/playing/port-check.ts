import { portText, protocolField } from '../../core/listen-port.ts';
import { CheckError } from '../../core/errors.ts';
import type { EventSink } from '../../core/events.ts';
import { secretFromEnvironment } from '../../core/text/secret-variable.ts';
import type { Program } from '../../lab/types.ts';
import { describeHolder, recordedHolder } from '../../core/port-holder.ts';
import { say } from '../../core/language/say.ts';
import { isRefused } from '../../ports/bind-answer.ts';
import { explainPort, portName } from '../../ports/port-words.ts';
import { freePort } from '../../ports/free-port.ts';
import { inspectPort, type PortReport } from '../../ports/inspect-port.ts';
import { showPort } from '../../ports/show-port.ts';
import { portInTimeWait, type PortInTimeWait } from './port-in-time-wait.ts';
import type { Shell } from '../../ssh/shell.ts';

export interface CheckPortsOptions {
  readonly events: EventSink;
  readonly signal: AbortSignal;
  /** Called with a port that is in TIME_WAIT: a server may not get it. */
  readonly onTimeWait?: (port: PortInTimeWait) => void;
}

/**
 * Looks at the ports that a program is about to listen on. A busy one is freed when the program says `ports: free`.
 *
 * @throws {CheckError} `port-busy` when another process holds one of them and may keep it.
 */
export async function checkPorts(program: Program, shell: Shell, options: CheckPortsOptions): Promise<void> {
  const { events, signal } = options;
  // No one is asked for a password in the middle of a scenario.
  const look = { signal, sudoPassword: secretFromEnvironment('LAB_SUDO_PASSWORD', shell.machine) };
  for (const { protocol, port } of program.listens) {
    const [report, tools] = await Promise.all([
      inspectPort(shell, port, { ...look, protocol }),
      showPort(shell, port, { signal }),
    ]);
    const { machine, holders, raw } = report;
    const state = stateForServer(report);
    await events.emit({
      kind: 'port-checked',
      machine,
      ...protocolField({ protocol }),
      port,
      state,
      holders: holders.map(recordedHolder),
      raw,
      tools,
    });
    if (holders.length === 0) await settleWithoutHolders(report, program, options);
    else if (program.busyPort === 'error') throw busyError(report, program);
    else {
      const { after } = await freePort(shell, report, { ...look, events });
      await settleWithoutHolders(after, program, options);
    }
  }
}

/** A server may set SO_REUSEADDR or be started by sudo: that is not known, so only what fails in any case is `busy`. */
function stateForServer(report: PortReport): 'free' | 'busy' | 'time-wait' {
  const { state, holders } = report;
  if (state === 'forbidden' || (state === 'busy' && holders.length === 0 && !failsAnyway(report))) return 'free';
  return state;
}

function failsAnyway({ state, bind }: PortReport): boolean {
  return state === 'busy' && bind !== undefined && isRefused(bind, 'reuse');
}

/**
 * Reports what would make bind(2) fail though nothing listens.
 *
 * @throws {CheckError} when no server could get the port.
 */
async function settleWithoutHolders(
  report: PortReport,
  program: Program,
  { events, onTimeWait }: CheckPortsOptions,
): Promise<void> {
  const remembered = portInTimeWait(report);
  if (remembered !== undefined) onTimeWait?.(remembered);
  const explanation = explainPort(report);
  if (failsAnyway(report)) {
    throw new CheckError(
      say`${portName(report)} is in use, though nobody listens: bind would get "Address already in use"`,
      { code: 'port-busy', hint: explanation },
    );
  }
  const isOfNoMatter =
    explanation === undefined ||
    report.state === 'free' ||
    (report.state === 'forbidden' && program.command[0] === 'sudo');
  if (!isOfNoMatter)
    await events.emit({
      kind: 'notice',
      level: report.state === 'time-wait' ? 'info' : 'warning',
      message: explanation,
    });
}

function busyError(report: PortReport, program: Program): CheckError {
  const { machine, holders, blindSpot } = report;
  const cure = say`Free it with "lab check-port ${portText(report)} --on ${machine} --kill", or write "ports: free" in programs.${program.name}.`;
  return new CheckError(say`${portName(report)} is held by ${holders.map(describeHolder).join(', ')}`, {
    code: 'port-busy',
    hint: blindSpot === undefined ? cure : `${blindSpot}. ${cure}`,
  });
}
