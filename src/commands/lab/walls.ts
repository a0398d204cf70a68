import { withCleanup, type CleanupStack } from '../../core/cleanup.ts';
import { messageOf } from '../../core/errors.ts';
import { say } from '../../core/language/say.ts';
import type { AttachedMachine } from '../../providers/provider.ts';
import type { CommandContext } from '../../session/context.ts';
import { openSession } from '../../session/open-session.ts';
import { measureWalls, type WalledMachine } from '../../walls/measure-walls.ts';
import { chosenMachines } from './chosen-machines.ts';
import { hostWall, type MachineWalls, type WallsResult } from '../../walls/wall-report.ts';

/**
 * Tries what separates machines from this host and from each other; all of the lab unless some are named. Needs no lab
 * file.
 *
 * @throws {UsageError} for a machine that the lab does not have. @throws {EnvironmentError} when the lab is not up.
 */
export async function walls(context: CommandContext, names: readonly string[]): Promise<WallsResult> {
  return withCleanup(async (cleanup) => {
    const session = openSession(context);
    const { state, machines } = (await session.attached()) ?? (await session.machines());
    const chosen = new Set(chosenMachines(machines, names).map(({ machine }) => machine.name));
    const reached = await Promise.all(machines.map((machine) => reach(machine, cleanup, context.signal)));
    // Those that are not named are neighbours as well.
    const measured = await measureWalls({
      machines: reached.flatMap((one) => ('shell' in one ? [one] : [])),
      stateFolder: session.stateFolder,
      signal: context.signal,
    });
    const found = reached
      .map((one) => ('shell' in one ? measured.find(({ machine }) => machine === one.name)! : one))
      .filter(({ machine }) => chosen.has(machine));
    const open = found.flatMap((one) => one.walls).filter(({ state: seen }) => seen === 'open').length;
    return { lab: state.name, provider: state.provider, machines: found, open };
  });
}

async function reach(
  attached: AttachedMachine,
  cleanup: CleanupStack,
  signal: AbortSignal,
): Promise<WalledMachine | MachineWalls> {
  const { name, interfaces, hostFolders = [] } = attached.machine;
  if (!attached.running) return { machine: name, walls: [hostWall(say`all`, 'unknown', say`it does not run`)] };
  try {
    const shell = await attached.connect(signal);
    cleanup.add(say`close the connection to ${name}`, () => shell.close());
    return { name, interfaces, hostFolders, shell };
  } catch (error) {
    signal.throwIfAborted();
    return { machine: name, walls: [hostWall(say`all`, 'unknown', say`it cannot be reached: ${messageOf(error)}`)] };
  }
}
