import { defineCommand } from '../../command/define-command.ts';
import { flag, required, value } from '../../command/parameters.ts';
import { countFrom1, machine } from '../../command/value-types.ts';
import { outcome } from '../../outcome.ts';

const lineCount = countFrom1('number', 7, { code: 'wrong-lines', hint: 'For example:  lab console vm1 --lines 20' });

export const consoleCommand = defineCommand({
  name: 'console',
  group: 'machines',
  summary: 'the serial console of a virtual machine: its output so far, and a way to type there',
  details:
    'It works while the machine starts, when SSH does not answer, and after a start that failed. On a terminal you ' +
    'are connected to it (Ctrl-] leaves); otherwise its output is printed.',
  arguments: { machine: required(machine, 'name of the machine') },
  options: { log: flag('only print its output'), lines: value(lineCount, 'only its last lines') },
  examples: [
    { words: 'console vm1', does: 'connect to it' },
    { words: 'console vm1 --log --lines 20', does: 'how did its start go?' },
  ],
  run: async ({ context, global, arguments: { machine }, options: { log, lines } }) => {
    const { readConsole } = await import('../../../commands/machines/console.ts');
    const interactive = context.terminal.stdin.isTTY === true && !log && lines === undefined && !global.json;
    const result = await readConsole(context, { machine, lines, interactive });
    return outcome(result, result.text);
  },
});
