import { CheckError } from '../core/errors.ts';
import type { EventSink } from '../core/events.ts';
import { secretFromEnvironment } from '../core/secret-variable.ts';
import type { Program } from '../lab/types.ts';
import { describeHolder } from '../ports/describe.ts';
import { explainTimeWait } from '../ports/explain.ts';
import { freePort } from '../ports/free.ts';
import { inspectPort, type PortReport } from '../ports/inspect.ts';
import { showPort } from '../ports/show-port.ts';
import type { Shell } from '../ssh/shell.ts';

/**
 * Looks at the ports that a program is about to listen on. A busy one is freed when the program says `ports: free`.
 *
 * @throws {CheckError} `port-busy` when another process holds one of them and may keep it.
 */
export async function checkPorts(program: Program, shell: Shell, options: { events: EventSink; signal: AbortSignal }): Promise<void> {
  const { events, signal } = options;
  // Nobody is asked for it in the midst of a scenario.
  const look = { signal, sudoPassword: secretFromEnvironment('LAB_SUDO_PASSWORD', shell.machine) };
  for (const port of program.listens) {
    const [report, tools] = await Promise.all([inspectPort(shell, port, look), showPort(shell, port, { signal })]);
    const { machine, state, holders, raw } = report;
    await events.emit({ kind: 'port-checked', machine, port, state, holders, raw, tools });
    const explanation = explainTimeWait(report);
    if (explanation !== undefined) await events.emit({ kind: 'notice', level: 'info', message: explanation });
    if (state !== 'busy') continue;
    if (program.busyPort === 'error') throw busyError(report, program);
    await freePort(shell, report, { ...look, events });
  }
}

function busyError({ machine, port, holders, blindSpot }: PortReport, program: Program): CheckError {
  const wayOut = `Free it with "lab check-port ${port} --on ${machine} --kill", or write "ports: free" in programs.${program.name}.`;
  return new CheckError(`port ${port} of ${machine} is held by ${holders.map(describeHolder).join(', ')}`, {
    code: 'port-busy',
    hint: blindSpot === undefined ? wayOut : `${blindSpot}. ${wayOut}`,
  });
}
