import { inStep, type EventSink } from '../../core/events.ts';
import { say } from '../../core/language/say.ts';
import type { Lab } from '../../lab/types.ts';
import type { OpenedShells } from '../opened-shells.ts';
import type { LabPlace, Making } from '../provider.ts';
import { prepareMachines } from './prepare-machines.ts';
import type { Build } from './prepared.ts';
import { chooseAcceleration, type Acceleration } from './process/acceleration.ts';
import { endProcesses, processesOf } from './process/lab-processes.ts';
import type { QemuState } from './qemu-state.ts';
import { BOOT_STATE, readSaved, removeSaved, type SavedLab } from './saved.ts';
import { startMachines } from './start-machines.ts';

/**
 * Makes the machines of the lab that do not run, from a state that was saved after their first start if there is one
 * that fits.
 */
export async function bringUp(lab: Lab, place: LabPlace, making: Making, opened: OpenedShells): Promise<QemuState> {
  const { stateFolder } = place;
  const build = { ...(await prepareMachines(lab, place, making)), making, opened };
  const saved = readSaved(stateFolder, BOOT_STATE);
  if (saved?.key === build.key && build.running.length === 0) {
    const resumed = await resumeOrEnd(build, saved);
    if (resumed) return resumed;
  } else if (saved && saved.key !== build.key) {
    removeSaved(stateFolder, BOOT_STATE);
  }
  const acceleration = await inStep(
    making.events,
    say`look for hardware acceleration`,
    () => chooseAcceleration(build.tools.emulator, making.signal),
    ({ name }) => name,
  );
  await tellObstacle(acceleration, making.events);
  return startMachines(build, acceleration, undefined);
}

async function tellObstacle({ obstacle }: Acceleration, events: EventSink): Promise<void> {
  if (obstacle === undefined) return;
  const message = say`machines run by software emulation, ten to thirty times slower than with hardware (a start takes half a minute to several minutes): ${obstacle.reason}`;
  await events.emit({ kind: 'notice', level: 'warning', message, hint: obstacle.cures.join('\n') });
}

/** Undefined when the saved state would not start; it is gone then, and the machines with it. */
async function resumeOrEnd(build: Build, saved: SavedLab): Promise<QemuState | undefined> {
  const { place, making } = build;
  try {
    return await startMachines(build, saved.acceleration, saved);
  } catch (error) {
    making.signal.throwIfAborted();
    await making.events.emit({
      kind: 'notice',
      level: 'warning',
      message: say`the saved state could not be resumed, so the machines start from their images: ${String(error)}`,
    });
    await build.opened.closeAll();
    await endProcesses(processesOf(place.labId));
    removeSaved(place.stateFolder, saved.name);
    return undefined;
  }
}
