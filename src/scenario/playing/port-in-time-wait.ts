import { awakeNow } from '../../core/time/awake-clock.ts';
import { isRefused } from '../../ports/bind-answer.ts';
import type { PortReport } from '../../ports/port-report.ts';

/** A port that was in TIME_WAIT when a program was about to listen on it. */
export interface PortInTimeWait {
  readonly machine: string;
  readonly port: number;
  /** No server gets it, not even one that sets SO_REUSEADDR: the socket that closed had not set it. */
  readonly isBarredToAll: boolean;
  /** On the clock of `awakeNow()`, when the last row is gone; undefined where the machine does not tell. */
  readonly until: number | undefined;
}

/** The port of a report, when it is TIME_WAIT and nothing else that keeps a server from it. */
export function portInTimeWait(report: PortReport): PortInTimeWait | undefined {
  const { machine, port, state, bind, holders, bound, connections, timeWait } = report;
  const others = holders.length + bound.length + connections.length;
  if (timeWait.length === 0 || others > 0 || state === 'free') return undefined;
  const remainingMs = Math.max(...timeWait.map(({ remainingMs: left }) => left ?? Number.NaN));
  return {
    machine,
    port,
    isBarredToAll: bind !== undefined && isRefused(bind, 'reuse'),
    until: Number.isNaN(remainingMs) ? undefined : awakeNow() + remainingMs,
  };
}
