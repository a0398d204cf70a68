import { CheckError, EnvironmentError, type LabError } from '../core/errors.ts';
import { describeHolder } from '../core/port-holder.ts';
import { say } from '../core/language/say.ts';
import { portName } from './port-words.ts';
import { isPortOfSsh, SSH_PORT, type SocketHolder, type PortReport } from './port-report.ts';

/** Why the holders of a port must not or cannot be ended; undefined when they may. Decides from the report alone. */
export function refusalToFree(report: PortReport): LabError | undefined {
  const { machine, blindSpot } = report;
  if (isPortOfSsh(report)) {
    return refused(
      report,
      'port-is-ssh',
      say`it is the port of the SSH server by which lab, ssh and scp reach ${machine}`,
      say`Give your program another port.`,
    );
  }
  for (const holder of report.holders) {
    const refusal = refusalOf(holder, report);
    if (refusal !== undefined) return refusal;
  }
  if (blindSpot === undefined) return undefined;
  return new EnvironmentError(say`cannot free ${portName(report)}: ${blindSpot}`, {
    code: 'port-holder-hidden',
    hint: say`End it with an account that may see it, or give your program another port.`,
  });
}

function refusalOf(holder: SocketHolder, report: PortReport): CheckError | undefined {
  const who = describeHolder(holder);
  // Since Ubuntu 22.10 the first process holds port 22 and starts an sshd for each connection
  // (sshd-socket-generator(8)); our own machines do the same.
  const holdsForSshd = holder.pid === 1 && report.port === SSH_PORT;
  if (isSshd(holder) || holdsForSshd) {
    const forwarded = say`if it is a port that an old session forwards (ssh -R), end that session`;
    const hint = say`Give your program another port; ${forwarded}.`;
    return refused(report, 'port-is-ssh', say`${who} is the SSH server of the machine, or a session of it`, hint);
  }
  if (holder.pid === 1) {
    const hint = say`A systemd socket is stopped with: sudo systemctl list-sockets, then sudo systemctl stop NAME.socket`;
    return refused(
      report,
      'port-is-init',
      say`${who} is the first process of the machine, and the machine ends with it`,
      hint,
    );
  }
  if (holder.carriesUs)
    return refused(
      report,
      'port-carries-us',
      say`lab's own connection to ${report.machine} hangs on ${who}`,
      say`Give your program another port.`,
    );
  return undefined;
}

/**
 * OpenSSH's processes call themselves `sshd: user [priv]`, or are started as `/usr/sbin/sshd -D`; newer ones are
 * `sshd-session`.
 */
function isSshd({ command }: SocketHolder): boolean {
  return command !== undefined && /^(\S*\/)?sshd(-session|-auth)?(:| |$)/.test(command);
}

function refused(report: PortReport, code: string, reason: string, hint: string): CheckError {
  return new CheckError(say`${portName(report)} is not freed: ${reason}`, { code, hint });
}
