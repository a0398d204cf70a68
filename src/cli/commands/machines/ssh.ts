import { UsageError } from '../../../core/errors.ts';
import { say } from '../../../core/language/say.ts';
import { defineCommand } from '../../command/define-command.ts';
import { flag, required, restOfLine } from '../../command/parameters.ts';
import { machine } from '../../command/value-types.ts';
import { outcome } from '../../outcome.ts';

export const sshCommand = defineCommand({
  name: 'ssh',
  group: 'machines',
  needsLab: true,
  summary: say`a shell on a machine, or one command there`,
  details: [
    say`All that follows the name of the machine is the command, as with ssh(1): the machine's shell reads it, and its exit status is ours.`,
    say`Options of lab stand before "ssh".`,
    say`Without a command it logs in; if standard input is not a terminal, the shell reads its commands from there.`,
  ].join(' '),
  arguments: {
    machine: required(machine, say`name of the machine`),
    command: restOfLine(say`a command for the shell of the machine`),
  },
  options: { tty: flag(say`give the command a terminal if you are at one`, 't') },
  alsoCalled: ['shell', 'sh', 'bash', 'login', 'enter', 'connect', 'attach'],
  examples: [
    { words: 'ssh vm1', does: say`log in` },
    { words: 'ssh vm1 sudo lsof -i :7999', does: say`one command` },
  ],
  run: async ({ context, global, arguments: { machine, command }, options: { tty } }) => {
    if (global.json && command === undefined)
      throw new UsageError(say`--json needs a command`, {
        code: 'no-command',
        hint: say`For example:  lab --json ssh ${machine} uname -a`,
      });
    const { ssh } = await import('../../../commands/machines/ssh.ts');
    const result = await ssh(context, { machine, command, tty, collect: global.json });
    return outcome(result, '', result.status);
  },
});
