import { ExitCode } from '../core/errors.ts';
import { usageOf } from './command-line.ts';
import { globalOptions, visibleCommands, type CommandSpec, type OptionSpec } from './spec.ts';

const exitCodes: Readonly<Record<keyof typeof ExitCode, string>> = {
  done: 'done, or passed',
  checkFailed: 'a check failed, a scenario failed, a port is busy',
  usage: 'wrong usage, or a wrong lab file',
  environment: 'this host or a machine cannot: a tool or a right is missing, not reachable, disk full',
  timeout: 'timed out',
  locked: 'another `lab` works on this lab now',
  bug: 'a fault of `lab` itself',
  interrupted: 'interrupted by Ctrl-C, after clean-up',
  terminated: 'told to stop (SIGTERM, SIGHUP), after clean-up',
};

/** The commands, their options and the exit codes as Markdown, for README.md. */
export function commandReference(): string {
  const commands = visibleCommands().flatMap(commandRows);
  return [
    ...table(['command', 'does'], commands),
    '',
    ...table(['option of every command', 'does'], globalOptions.map(optionRow)),
    '',
    ...table(
      ['exit code', 'meaning'],
      Object.entries(exitCodes).map(([name, meaning]) => [String(ExitCode[name as keyof typeof ExitCode]), meaning]),
    ),
    '',
    '`lab exec` and `lab ssh M CMD` return the status of the command on the machine.',
    '',
  ].join('\n');
}

function commandRows(spec: CommandSpec): string[][] {
  const usage = usageOf(spec).replace(/^\[options\] ?/, '');
  return [
    [code(`lab ${spec.name} ${usage}`.trim()), spec.summary],
    ...(spec.options ?? []).map(optionRow).map(([flags = '', does = '']) => [`… ${flags}`, does]),
  ];
}

function optionRow({ flags, description }: OptionSpec): string[] {
  return [code(flags), description];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [head, head.map(() => '---'), ...rows].map(
    (cells) => `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`,
  );
}

function code(text: string): string {
  return `\`${text}\``;
}
