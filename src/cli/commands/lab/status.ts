import type { MachineStatus, ProgramStatus, StatusResult } from '../../../commands/lab/status.ts';
import { sanitize } from '../../../core/text/sanitize.ts';
import { defineCommand } from '../../command/define-command.ts';
import { outcome } from '../../outcome.ts';
import { holderWithStart } from '../../show/port-holder.ts';
import type { Style } from '../../show/style.ts';
import { table } from '../../show/table.ts';

export const statusCommand = defineCommand({
  name: 'status',
  group: 'lab',
  summary: 'machines, addresses, programs, what listens',
  examples: [{ words: 'status', does: 'look at the lab' }],
  run: async ({ context, style }) => {
    const { status } = await import('../../../commands/lab/status.ts');
    const result = await status(context);
    return outcome(result, formatStatus(result, style));
  },
});

export function formatStatus({ up, lab, provider, machines, programs }: StatusResult, style: Style): string {
  if (lab === undefined) return 'This lab is not up. Run "lab up".\n';
  const head = `Lab ${style('bold', lab)} (${provider}) is ${up ? style('green', 'up') : style('red', 'down')}.\n`;
  const problems = machines.flatMap(({ name, problem }) =>
    problem === undefined ? [] : [`\n${style('red', name)}: ${sanitize(withoutName(name, problem))}\n`],
  );
  const hint = machines.every(({ running }) => running) ? '' : '\nWhat does not run comes back with "lab up".\n';
  return `${head}\n${table([['MACHINE', 'STATE', 'USER', 'ADDRESSES', 'IMAGE'], ...machines.map(machineRow)])}${programTable(programs)}${problems.join('')}${hint}`;
}

function machineRow({ name, running, problem, user, image, interfaces }: MachineStatus): string[] {
  const state = problem === undefined ? 'running' : 'no answer';
  return [
    name,
    running ? state : 'down',
    user,
    interfaces.map((port) => `${port.name} ${port.address}`).join(', '),
    image,
  ];
}

function programTable(programs: readonly ProgramStatus[]): string {
  if (programs.length === 0) return '';
  return `\n${table([['PROGRAM', 'ON', 'PORTS'], ...programs.map(programRow)])}`;
}

function programRow({ name, on, listens, ports }: ProgramStatus): string[] {
  const words = ports.map(({ port, state, holders }) =>
    state === 'busy'
      ? `${port} ${holders.length === 0 ? 'in use, though nobody listens' : `held by ${holders.map((holder) => holderWithStart(holder)).join(' and ')}`}`
      : `${port} free`,
  );
  const unknown = listens
    .filter((port) => !ports.some((known) => known.port === port))
    .map((port) => `${port} unknown`);
  return [name, on, [...words, ...unknown].join(', ') || '-'];
}

/** Problems of connections begin with the machine's name themselves. */
function withoutName(name: string, problem: string): string {
  return problem.startsWith(`${name}: `) ? problem.slice(name.length + 2) : problem;
}
