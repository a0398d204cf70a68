import type { Seen } from '../../../commands/lab/watch-status.ts';
import { writtenPort } from '../../../core/listen-port.ts';
import type { MachineStatus, ProgramPorts, StatusResult } from '../../../commands/lab/status.ts';
import { ExitCode, UsageError } from '../../../core/errors.ts';
import { addressesText } from '../../../core/text/address-words.ts';
import { systemText } from '../../../core/lab-description.ts';
import { sanitize } from '../../../core/text/sanitize.ts';
import { say } from '../../../core/language/say.ts';
import { defineCommand } from '../../command/define-command.ts';
import { flag, several } from '../../command/parameters.ts';
import { machine } from '../../command/value-types.ts';
import { outcome } from '../../outcome.ts';
import { holderWithStart } from '../../show/holder-with-start.ts';
import { plain, type Style } from '../../show/style.ts';
import { table } from '../../show/table.ts';
import { formatWalls } from '../../show/walls-text.ts';

export const statusCommand = defineCommand({
  name: 'status',
  group: 'lab',
  needsLab: true,
  summary: say`machines, addresses, programs, what listens`,
  details: [
    say`With --walls it shows what separates each machine from this host and from its neighbours: users, rights, system calls, files, addresses.`,
    say`Each line is tried at that moment, inside the machine by its root (or its user) and on this host; where something gets through, the line says OPEN, and lab exits with 1.`,
    say`With --watch it looks again every second or so, on a screen of its own, until q or Ctrl-C, and says what changed; where the output is no terminal, each change is a line.`,
  ].join(' '),
  arguments: { machines: several(machine, say`only these machines`) },
  options: {
    walls: flag(say`what separates the machines from this host and from each other, tried now`),
    watch: flag(say`look again and again, and say what changed`),
  },
  takesScreen: ({ watch }) => watch,
  alsoCalled: ['ls', 'list', 'ps', 'show', 'info', 'inspect', 'machines'],
  examples: [
    { words: 'status', does: say`look at the lab` },
    { words: 'status --walls vm1', does: say`try the walls of vm1` },
    { words: 'status --watch', does: say`see machines and programs come and go` },
  ],
  run: async ({ context, global, arguments: { machines }, options, style }) => {
    if (options.watch) {
      refuseWith(global.json, options.walls);
      const { watchStatus } = await import('../../../commands/lab/watch-status.ts');
      const { status } = await import('../../../commands/lab/status.ts');
      const look = async (): Promise<Seen> => {
        const result = await status(context, machines);
        return { text: formatStatus(result, plain), facts: factsOf(result) };
      };
      return outcome(await watchStatus(context, look), '');
    }
    if (options.walls) {
      const { walls } = await import('../../../commands/lab/walls.ts');
      const result = await walls(context, machines);
      return outcome(result, formatWalls(result, style), result.open === 0 ? ExitCode.done : ExitCode.checkFailed);
    }
    const { status } = await import('../../../commands/lab/status.ts');
    const result = await status(context, machines);
    return outcome(result, formatStatus(result, style));
  },
});

function refuseWith(json: boolean, walls: boolean): void {
  if (!json && !walls) return;
  throw new UsageError(say`--watch does not go with ${json ? '--json' : '--walls'}`, {
    code: 'watch-alone',
    hint: json ? say`A program reads "lab status --json" as often as it needs.` : undefined,
  });
}

/** What of a lab comes and goes: whether it is up, its machines, the ports of its programs. */
function factsOf({ up, lab, machines, programs }: StatusResult): ReadonlyMap<string, string> {
  return new Map([
    [say`lab`, lab === undefined || !up ? say`down` : say`up`],
    ...machines.map((one) => [one.name, machineRow(one)[1]!] as const),
    ...programs.map(({ name, ports }) => [name, ports.map((port) => steadyPortWords(port)).join(', ')] as const),
  ]);
}

export function formatStatus({ up, lab, provider, machines, programs, remarks }: StatusResult, style: Style): string {
  if (lab === undefined) return say`This lab is not up. Run "lab up".\n`;
  const state = up ? style('green', say`up`) : style('red', say`down`);
  const head = say`Lab ${style('bold', lab)} (${provider ?? '?'}) is ${state}.\n`;
  const problems = machines.flatMap(({ name, problem }) =>
    problem === undefined ? [] : [`\n${say`${style('red', name)}: ${sanitize(withoutName(name, problem))}`}\n`],
  );
  const told = remarks.map((remark) => `\n${style('yellow', '!')} ${sanitize(remark)}\n`);
  const hint = machines.every(({ running }) => running) ? '' : say`\nWhat does not run comes back with "lab up".\n`;
  const machineTable = table([
    [say`MACHINE`, say`STATE`, say`USER`, say`ADDRESSES`, say`SYSTEM`],
    ...machines.map(machineRow),
  ]);
  return `${head}\n${machineTable}${programTable(programs)}${problems.join('')}${told.join('')}${hint}`;
}

function machineRow({ name, running, problem, user, interfaces, ...system }: MachineStatus): string[] {
  const state = problem === undefined ? say`running` : say`no answer`;
  return [
    name,
    running ? state : say`down`,
    user,
    interfaces.map((port) => `${port.name} ${addressesText(port)}`).join(', '),
    systemText(system) || say`unknown`,
  ];
}

function programTable(programs: readonly ProgramPorts[]): string {
  if (programs.length === 0) return '';
  return `\n${table([[say`PROGRAM`, say`ON`, say`PORTS`], ...programs.map(programRow)])}`;
}

function programRow({ name, on, listens, ports }: ProgramPorts): string[] {
  const words = ports.map(portWords);
  const unknown = listens
    .filter((port) => !ports.some((known) => writtenPort(known) === port))
    .map((port) => say`${port} unknown`);
  return [name, on, [...words, ...unknown].join(', ') || '-'];
}

type Port = ProgramPorts['ports'][number];

function portWords(port: Port): string {
  return wordsOfPort(
    port,
    port.holders.map((holder) => holderWithStart(holder)),
  );
}

/** Without what changes from moment to moment. */
function steadyPortWords(port: Port): string {
  const holders = port.holders.map(({ command, pid }) =>
    [command ?? say`unknown`, ...(pid === undefined ? [] : [`(PID ${pid})`])].join(' '),
  );
  return wordsOfPort(port, holders);
}

function wordsOfPort({ state, ...found }: Port, holders: readonly string[]): string {
  const port = writtenPort(found);
  if (state !== 'busy') return say`${port} free`;
  if (holders.length === 0) return say`${port} in use, though nobody listens`;
  return say`${port} held by ${holders.join(say` and `)}`;
}

/** Problems of connections begin with the machine's name themselves. */
function withoutName(name: string, problem: string): string {
  const before = say`${name}: `;
  return problem.startsWith(before) ? problem.slice(before.length) : problem;
}
