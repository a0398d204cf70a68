import { UsageError } from '../../../core/errors.ts';
import { defineCommand } from '../../command/define-command.ts';
import { flag, required, restOfLine } from '../../command/parameters.ts';
import { machine } from '../../command/value-types.ts';
import { outcome } from '../../outcome.ts';

export const sshCommand = defineCommand({
  name: 'ssh',
  group: 'machines',
  summary: 'a shell on a machine, or one command there',
  details:
    "All that follows the name of the machine is the command, as with ssh(1): the machine's shell reads it, and its " +
    'exit status is ours. Options of lab stand before "ssh". Without a command it logs in; if standard input is ' +
    'not a terminal, the shell reads its commands from there.',
  arguments: {
    machine: required(machine, 'name of the machine'),
    command: restOfLine('a command for the shell of the machine'),
  },
  options: { tty: flag('give the command a terminal if you are at one', 't') },
  alsoCalled: ['shell', 'sh', 'bash', 'login', 'enter', 'connect', 'attach'],
  examples: [
    { words: 'ssh vm1', does: 'log in' },
    { words: 'ssh vm1 sudo lsof -i :7999', does: 'one command' },
  ],
  run: async ({ context, global, arguments: { machine, command }, options: { tty } }) => {
    if (global.json && command === undefined)
      throw new UsageError('--json needs a command', {
        code: 'no-command',
        hint: `For example:  lab --json ssh ${machine} uname -a`,
      });
    const { ssh } = await import('../../../commands/machines/ssh.ts');
    const result = await ssh(context, { machine, command, tty, collect: global.json });
    return outcome(result, '', result.status);
  },
});
