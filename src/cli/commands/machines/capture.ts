import { relative } from 'node:path';
import type { CaptureResult } from '../../../commands/machines/capture.ts';
import { UsageError } from '../../../core/errors.ts';
import { counted, say } from '../../../core/language/say.ts';
import { defineCommand } from '../../command/define-command.ts';
import { required, several, value } from '../../command/parameters.ts';
import { file, machine, word } from '../../command/value-types.ts';
import { outcome } from '../../outcome.ts';

export const captureCommand = defineCommand({
  name: 'capture',
  group: 'machines',
  needsLab: true,
  summary: say`capture the packets of a machine, for tcpdump or Wireshark`,
  details: [
    say`The capture is a pcap file, as tcpdump and Wireshark read it.`,
    say`It goes on until Ctrl-C, or until its reader goes away.`,
    say`The filter is written as for tcpdump (pcap-filter(7)).`,
    say`The SSH connection that carries the capture is left out; without a filter, machines of qemu are captured without all SSH connections from this host.`,
    say`"lab run" captures by itself.`,
  ].join(' '),
  arguments: {
    machine: required(machine, say`name of the machine`),
    filter: several(word('filter'), say`which packets, for example: tcp port 7999 (default: all)`),
  },
  options: {
    interface: value(word('name'), say`interface, or any (default: the only one of the machine, else any)`, 'i'),
    write: value(file, say`file to write (default: standard output)`, 'w'),
  },
  alsoCalled: ['tcpdump', 'sniff', 'wireshark'],
  examples: [
    { words: 'capture vm1 | wireshark -k -i -', does: say`look at the packets live` },
    { words: 'capture vm1 -i eth0 -w vm1.pcap tcp port 7999', does: say`to a file, only one port` },
  ],
  run: async ({ context, global, arguments: { machine, filter }, options }) => {
    const { write: file } = options;
    if (global.json && (file === undefined || file === '-'))
      throw new UsageError(say`--json needs -w`, {
        code: 'wrong-arguments',
        hint: say`For example:  lab --json capture ${machine} -w packets.pcap`,
      });
    const { capture } = await import('../../../commands/machines/capture.ts');
    const result = await capture(context, { machine, interface: options.interface, file, filter });
    return outcome(result, formatCapture(result, context.cwd));
  },
});

/** Nothing when the capture itself went to standard output. */
function formatCapture({ file, packets, dropped }: CaptureResult, cwd: string): string {
  if (file === undefined) return '';
  const kept = counted(packets, 'packet');
  const place = relative(cwd, file);
  if (dropped === 0) return say`${kept} in ${place}.\n`;
  return say`${kept} in ${place}; ${counted(dropped, 'packet')} more passed by for which the machine had no room.\n`;
}
