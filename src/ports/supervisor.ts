import { CheckError } from '../core/errors.ts';
import { describeHolder } from '../core/port-holder.ts';
import { say } from '../core/language/say.ts';
import { portText } from '../core/listen-port.ts';
import { portName } from './port-words.ts';
import type { SocketHolder, PortReport } from './port-report.ts';

/**
 * The error for a port whose holders are gone and which is taken again: by a supervisor that restarts what was ended,
 * or by another process.
 */
export function takenAgain(report: PortReport, before: readonly SocketHolder[]): CheckError {
  const { machine, holders } = report;
  const restarted = holders.find((holder) => before.some((ended) => isRestartOf(holder, ended)));
  const now = holders.map(describeHolder).join(', ');
  if (restarted === undefined) {
    return new CheckError(say`${portName(report)} is taken again, now by ${now}`, {
      code: 'port-taken-again',
      hint: say`Look who that is with: lab check-port ${portText(report)} --on ${machine}; then free it again, or give your program another port.`,
    });
  }
  return new CheckError(
    say`${portName(report)} is supervised: what was ended came back at once as ${now}, started by ${describeSupervisor(restarted)}`,
    {
      code: 'port-supervised',
      hint: say`Stop what restarts it first, on ${machine}: ${waysToStop(restarted)}`,
      data: { machine },
    },
  );
}

/**
 * A later process with the same parent (unless that is PID 1, which adopts all orphans), the same command, or the same
 * service.
 */
function isRestartOf(holder: SocketHolder, ended: SocketHolder): boolean {
  if (holder.pid === ended.pid) return false;
  const sameParent = holder.parent !== undefined && holder.parent.pid > 1 && holder.parent.pid === ended.parent?.pid;
  const sameCommand = holder.command !== undefined && holder.command === ended.command;
  return sameParent || sameCommand || (holder.unit !== undefined && holder.unit === ended.unit);
}

function describeSupervisor({ parent, unit }: SocketHolder): string {
  const service = unit === undefined ? '' : say`systemd service ${unit}`;
  const command = parent?.command === undefined ? '' : ` (${parent.command})`;
  const process = parent === undefined ? '' : `${say`process ${parent.pid}`}${command}`;
  return [service, process].filter(Boolean).join(', ') || say`a process that does not show`;
}

function waysToStop({ parent, unit }: SocketHolder): string {
  if (unit !== undefined) return `sudo systemctl stop ${unit}`;
  return parent !== undefined && parent.pid > 1
    ? `kill ${parent.pid}`
    : say`the service manager or cron job that starts it`;
}
