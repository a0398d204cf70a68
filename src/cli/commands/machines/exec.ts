import { UsageError } from '../../../core/errors.ts';
import { say } from '../../../core/language/say.ts';
import { defineCommand } from '../../command/define-command.ts';
import { afterDashes, flag, several } from '../../command/parameters.ts';
import { machine } from '../../command/value-types.ts';
import { outcome } from '../../outcome.ts';

export const execCommand = defineCommand({
  name: 'exec',
  group: 'machines',
  needsLab: true,
  summary: say`run one command on several machines at once`,
  details: [
    say`The command is run as it is, without a shell.`,
    say`The exit status is that of the command; with several machines, the largest of them.`,
  ].join(' '),
  arguments: {
    machine: several(machine, say`names of the machines`),
    command: afterDashes(say`the command and its arguments`),
  },
  options: { all: flag(say`on all machines`) },
  alsoCalled: ['cmd', 'command'],
  examples: [
    { words: 'exec vm1 vm2 -- ip -brief address', does: say`the same question to two machines` },
    { words: "exec --all -- sh -c 'uptime; who'", does: say`a line of shell on all machines` },
  ],
  run: async ({ context, global, arguments: { machine: names, command }, options: { all } }) => {
    const machines = machinesOf(names, all, command !== undefined);
    const { exec } = await import('../../../commands/machines/exec.ts');
    const result = await exec(context, { machines, command: command ?? [], collect: global.json });
    return outcome(result, '', result.exitCode);
  },
});

function machinesOf(names: readonly string[], all: boolean, hasCommand: boolean): readonly string[] {
  if (all && names.length > 0)
    throw new UsageError(say`--all and names of machines exclude each other`, {
      code: 'wrong-arguments',
      hint: say`Give one or the other.`,
    });
  if (all) return [];
  if (names.length > 0) return [...new Set(names)];
  const hint = hasCommand
    ? say`Name them before "--", or use --all:  lab exec vm1 vm2 -- uname -a`
    : say`Name machines and a command:  lab exec vm1 vm2 -- uname -a`;
  throw new UsageError(say`no machine given`, { code: 'no-machine', hint });
}
