import { environmentVariables } from '../../core/environment-variables.ts';
import { ExitCode } from '../../core/errors.ts';
import { say } from '../../core/language/say.ts';
import type { CliCommand } from './define-command.ts';
import { globalOptions } from './global-options.ts';
import { usageOf } from './help-text.ts';
import { flagsOf, type Options } from './parameters.ts';

const exitCodes: Readonly<Record<keyof typeof ExitCode, string>> = {
  done: say`done, or passed`,
  checkFailed: say`a check failed, a scenario failed, a port is busy`,
  usage: say`wrong usage, or a wrong lab file`,
  environment: say`this host or a machine cannot do it: a tool or a right is missing, a machine is not reachable, a disk is full`,
  timeout: say`timed out`,
  locked: say`another \`lab\` is working on this lab`,
  bug: say`a bug in \`lab\` itself`,
  interrupted: say`interrupted by Ctrl-C, after clean-up`,
  terminated: say`terminated (SIGTERM, SIGHUP), after clean-up`,
};

/** The commands and their options as Markdown tables. Ends with a newline. */
export function commandReference(commands: readonly CliCommand[]): string {
  return [
    ...table(
      [say`command`, say`does`],
      commands.flatMap((command) => commandRows(command)),
    ),
    '',
    ...table([say`option of every command`, say`does`], optionRows(globalOptions)),
    '',
  ].join('\n');
}

/** The exit codes as a Markdown table. Ends with a newline. */
export function exitCodeReference(): string {
  const rows = Object.entries(exitCodes).map(([name, meaning]) => [
    String(ExitCode[name as keyof typeof ExitCode]),
    meaning,
  ]);
  return [...table([say`exit code`, say`meaning`], rows), ''].join('\n');
}

/** The variables of the environment that lab reads, as a Markdown table. Ends with a newline. */
export function environmentReference(): string {
  const rows = environmentVariables.map(({ name, meaning }) => [code(name), meaning]);
  return [...table([say`variable`, say`meaning`], rows), ''].join('\n');
}

/** A family of nested commands is one row that says what it is for, and the rows of its commands. */
function commandRows(command: CliCommand, family = ''): string[][] {
  const { summary, options, commands, hidden } = command;
  if (hidden) return [];
  const name = `${family}${command.name}`;
  const usage = usageOf(command).replace(/^\[[^\]]*\] ?/, '');
  return [
    [code(`lab ${name} ${usage}`.trim()), summary],
    ...optionRows(options).map(([flags = '', does = '']) => [`… ${flags}`, does]),
    ...commands.flatMap((nested) => commandRows(nested, `${name} `)),
  ];
}

function optionRows(options: Options): string[][] {
  return Object.entries(options).map(([name, option]) => [code(flagsOf(name, option)), option.description]);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [head, head.map(() => '---'), ...rows].map(
    (cells) => `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`,
  );
}

function code(text: string): string {
  return `\`${text}\``;
}
