import { portText, type ListenPort } from '../core/listen-port.ts';
import { inspectPort, type PortReport } from '../ports/inspect-port.ts';
import type { Shell } from '../ssh/shell.ts';
import type { CommandContext } from './context.ts';

/**
 * A look (`depth`: with bind(2), or at the tables only) at every port that the programs are going to listen on, in
 * parallel; of those whose machine is connected.
 */
export async function inspectProgramPorts(
  programs: Iterable<{ readonly on: string; readonly listens: readonly ListenPort[] }>,
  shells: ReadonlyMap<string, Shell>,
  { signal }: Pick<CommandContext, 'signal'>,
  depth: 'bind' | 'table',
): Promise<PortReport[]> {
  const wanted = new Map(
    [...programs].flatMap(({ on, listens }) =>
      listens.map((port) => [`${on}:${portText(port)}`, { on, port }] as const),
    ),
  );
  return Promise.all(
    [...wanted.values()].flatMap(({ on, port }) => {
      const shell = shells.get(on);
      return shell === undefined ? [] : [inspectPort(shell, port.port, { signal, depth, protocol: port.protocol })];
    }),
  );
}
