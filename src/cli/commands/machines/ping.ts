import { ExitCode } from '../../../core/errors.ts';
import { say } from '../../../core/language/say.ts';
import { defineCommand } from '../../command/define-command.ts';
import { several, value } from '../../command/parameters.ts';
import { countFrom1, machine } from '../../command/value-types.ts';
import { outcome } from '../../outcome.ts';
import { formatPing } from '../../show/ping-text.ts';

const echoCount = countFrom1('count', 2, { code: 'wrong-count', hint: say`For example:  lab ping --count 10` });

export const pingCommand = defineCommand({
  name: 'ping',
  group: 'scenarios',
  needsLab: true,
  summary: say`which machines reach each other: an ICMP echo from each to every address of each other`,
  details: [
    say`Without names every machine asks every other; with one name it and all others ask each other, with several those do among themselves. All ask at the same time.`,
    say`It shows the time of each way there and back, and what does not answer, with the first thing that was seen of why; it exits 1 when some pair does not answer.`,
    say`Each address is asked three times, in a lab of more than 1000 pairs once.`,
  ].join(' '),
  arguments: { machines: several(machine, say`only these machines`) },
  options: { count: value(echoCount, say`how many echoes each address is asked for`) },
  alsoCalled: ['pingall', 'reach', 'connectivity'],
  examples: [
    { words: 'ping', does: say`all machines, all addresses` },
    { words: 'ping r1', does: say`r1 with all others` },
    { words: 'ping vm1 vm2 --count 10', does: say`vm1 and vm2, ten echoes each way` },
  ],
  run: async ({ context, arguments: { machines }, options: { count }, style }) => {
    const { ping } = await import('../../../commands/machines/ping.ts');
    const result = await ping(context, { machines, count });
    const isWhole = result.failed === 0 && result.notAsked.length === 0;
    return outcome(result, formatPing(result, style), isWhole ? ExitCode.done : ExitCode.checkFailed);
  },
});
