import { say } from '../../core/language/say.ts';

/** What to type for things that other tools have a command for, by that command. */
export function otherWays(): ReadonlyMap<string, string> {
  const ping = say`A machine pings another with "lab exec vm1 -- ping -c 3 vm2"; "lab why vm1 vm2:PORT" says why it does not reach it.`;
  const iperf = say`Give both machines "packages: [iperf3]" in lab.yaml, start "iperf3 -s" on one, and "lab exec vm1 -- iperf3 -c vm2".`;
  const version = say`The version is shown by "lab --version".`;
  const restart = say`"lab up --recreate" makes the machines again; programs start afresh with each "lab run".`;
  return new Map([
    ['ping', ping],
    ['pingall', ping],
    ['iperf', iperf],
    ['iperf3', iperf],
    ['version', version],
    ['reboot', restart],
  ]);
}
