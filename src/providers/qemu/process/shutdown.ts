import { existsSync } from 'node:fs';
import { isAlive } from '../../../host/processes.ts';
import { retryUntil } from '../../../core/time/retry.ts';
import { TimeoutError } from '../../../core/errors.ts';
import { say } from '../../../core/language/say.ts';
import { readAcceleration } from './acceleration.ts';
import { controlSocket, readyMark } from '../folders.ts';
import { endProcesses, folderNow, type LabelledProcess } from './lab-processes.ts';
import { Qmp } from './qmp.ts';

/**
 * For a clean end; a system that hangs or is still starting does not hear the button. systemd stops dozens of services:
 * 6 s when emulated and alone, several times that next to other machines.
 */
const cleanTimeoutsMs = { kvm: 30_000, hvf: 30_000, tcg: 120_000 } as const;

/**
 * Presses the power button of each machine, then ends what has not ended by itself, then the network. Returns how each
 * machine ended.
 */
export async function shutDown(members: readonly LabelledProcess[]): Promise<string[]> {
  const machines = members.filter(({ role }) => role === 'machine');
  const ways = await Promise.all(machines.map(powerDown));
  await endProcesses(members);
  return machines.map(({ name }, index) => `${name} (${ways[index]})`);
}

async function powerDown(machine: LabelledProcess): Promise<string> {
  // It may have been moved since.
  const stateFolder = folderNow(machine) ?? machine.stateFolder;
  if (!existsSync(readyMark(stateFolder, machine.name))) return say`ended`;
  try {
    const qmp = await Qmp.connect(controlSocket(stateFolder, machine.name));
    await qmp.execute('system_powerdown').finally(() => qmp.close());
    const timeoutMs = cleanTimeoutsMs[readAcceleration(stateFolder)?.name ?? 'tcg'];
    await retryUntil(() => (isAlive(machine) ? { seen: say`it still runs` } : { value: true }), {
      what: say`the power-down of ${machine.name}`,
      timeoutMs,
      intervalMs: 20,
    });
    return say`shut down`;
  } catch (error) {
    if (error instanceof TimeoutError) return say`did not shut down by itself, so it was ended`;
    // Its folder is gone, or its QEMU hangs: it takes no commands.
    return say`ended`;
  }
}
