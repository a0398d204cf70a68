import { CheckError } from '../core/errors.ts';
import type { EventSink } from '../core/events.ts';
import type { Program } from '../lab/types.ts';
import { freePort } from '../ports/free.ts';
import { inspectPort } from '../ports/inspect.ts';
import type { Shell } from '../ssh/shell.ts';

/**
 * Looks at the ports that a program is about to listen on. A busy one is freed when the program says `ports: free`.
 *
 * @throws {CheckError} `port-busy` when another process holds one of them and may keep it.
 */
export async function checkPorts(program: Program, shell: Shell, options: { events: EventSink; signal: AbortSignal }): Promise<void> {
  const { events, signal } = options;
  for (const port of program.listens) {
    const report = await inspectPort(shell, port, { signal });
    const { machine, state, holders, raw } = report;
    await events.emit({ kind: 'port-checked', machine, port, state, holders, raw });
    if (state !== 'busy') continue;
    if (program.busyPort === 'free') {
      await freePort(shell, report, { events, signal });
      continue;
    }
    const who = holders.map(({ pid, command, user }) => `${command ?? 'a process'} (PID ${pid ?? 'unknown'}${user === undefined ? '' : `, user ${user}`})`).join(', ');
    throw new CheckError(`port ${port} of ${machine} is held by ${who}`, {
      code: 'port-busy',
      hint: `run "lab check-port ${port} --on ${machine} --kill", or write "ports: free" in programs.${program.name}`,
    });
  }
}
