import type { Seen } from '../../../commands/lab/watch-status.ts';
import { writtenPort, type WrittenPort } from '../../../core/listen-port.ts';
import type { ServiceStatus } from '../../../commands/services/service-status.ts';
import type { MachineStatus, ProgramPorts, StatusResult } from '../../../commands/lab/status.ts';
import { ExitCode, UsageError } from '../../../core/errors.ts';
import { addressesText } from '../../../core/text/address-words.ts';
import { systemText } from '../../../core/lab-description.ts';
import { dateAndTime } from '../../../core/time/clock-time.ts';
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

/** What of a lab comes and goes: whether it is up, its machines, the ports of its programs, its services. */
function factsOf(result: StatusResult): ReadonlyMap<string, string> {
  const { up, lab, machines, services } = result;
  const programs = ofScenarios(result);
  return new Map([
    ...services.map((service) => [service.name, serviceState(service)] as const),
    [say`lab`, lab === undefined || !up ? say`down` : say`up`],
    ...machines.map((one) => [one.name, machineRow(one)[1]!] as const),
    ...programs.map(({ name, ports }) => [name, ports.map((port) => steadyPortWords(port)).join(', ')] as const),
  ]);
}

export function formatStatus(result: StatusResult, style: Style): string {
  const { up, lab, provider, machines, remarks } = result;
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
  return `${head}\n${machineTable}${programTable(ofScenarios(result))}${serviceTable(result)}${publishedLines(result)}${problems.join('')}${told.join('')}${hint}`;
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

function ofScenarios({ programs, services }: StatusResult): ProgramPorts[] {
  return programs.filter(({ name, on }) => !services.some((service) => service.name === name && service.on === on));
}

function serviceTable({ programs, services }: StatusResult): string {
  if (services.length === 0) return '';
  const head = [say`SERVICE`, say`ON`, say`STATE`, say`PID`, say`SINCE`, say`RESTARTS`, say`PORTS`];
  const rows = services.map((service) => {
    const { name, on, pid, since, restarts } = service;
    const known = programs.find((program) => program.name === name && program.on === on);
    const ports = known?.listens.map((port) => servicePort(port, known.ports)).join(', ') ?? '';
    const started = since === null || pid === null ? '-' : dateAndTime(Date.parse(since));
    return [name, on, serviceState(service), `${pid ?? '-'}`, started, `${restarts}`, ports || '-'];
  });
  return `\n${table([head, ...rows])}`;
}

function publishedLines({ published }: StatusResult): string {
  if (published.length === 0) return '';
  const lines = published.map(({ url, port, machine, open }) =>
    open === false
      ? say`${url} is not open: "lab up" opens it again\n`
      : say`${url} leads to port ${port} of ${machine}\n`,
  );
  return `\n${lines.join('')}`;
}

function servicePort(port: WrittenPort, ports: ProgramPorts['ports']): string {
  const found = ports.find((one) => writtenPort(one) === port);
  if (found === undefined) return say`${port} unknown`;
  return found.holders.length > 0 ? say`${port} listens` : say`${port} free`;
}

function serviceState({ state, exitCode, signal, gaveUp }: ServiceStatus): string {
  const end = signal === null ? say`exit code ${exitCode ?? '?'}` : say`signal ${signal}`;
  const failed = gaveUp ? say`failed (${end}), given up` : say`failed (${end})`;
  const words = {
    running: say`running`,
    waiting: say`starts again (${end})`,
    ended: say`ended`,
    failed,
    stopped: say`stopped`,
    lost: say`killed`,
    unknown: say`unknown`,
  };
  return words[state];
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
