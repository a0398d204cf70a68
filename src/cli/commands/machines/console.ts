import { say } from '../../../core/language/say.ts';
import { defineCommand } from '../../command/define-command.ts';
import { flag, required, value } from '../../command/parameters.ts';
import { countFrom1, machine } from '../../command/value-types.ts';
import { outcome } from '../../outcome.ts';

const lineCount = countFrom1('number', 7, { code: 'wrong-lines', hint: say`For example:  lab console vm1 --lines 20` });

export const consoleCommand = defineCommand({
  name: 'console',
  group: 'machines',
  needsLab: true,
  summary: say`the serial console of a virtual machine: its output so far, and a way to type there`,
  details: [
    say`It works while the machine starts, when SSH does not answer, and after a start that failed.`,
    say`On a terminal you are connected to it (Ctrl-] leaves); otherwise its output is printed.`,
  ].join(' '),
  arguments: { machine: required(machine, say`name of the machine`) },
  options: { log: flag(say`only print its output`), lines: value(lineCount, say`only its last lines`) },
  examples: [
    { words: 'console vm1', does: say`connect to it` },
    { words: 'console vm1 --log --lines 20', does: say`how did its start go?` },
  ],
  run: async ({ context, global, arguments: { machine }, options: { log, lines } }) => {
    const { readConsole } = await import('../../../commands/machines/console.ts');
    const interactive = context.terminal.stdin.isTTY === true && !log && lines === undefined && !global.json;
    const result = await readConsole(context, { machine, lines, interactive });
    return outcome(result, result.text);
  },
});
