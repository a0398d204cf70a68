import { loadLab } from '../lab/load.ts';
import { stateFolderFor } from '../state/folder.ts';
import { readState } from '../state/state.ts';
import type { CommandContext } from './context.ts';

/** Names that a shell can complete. */
export interface LabNames {
  readonly machines: readonly string[];
  readonly programs: readonly string[];
  readonly scenarios: readonly string[];
}

/** The names of this lab: from its file, or when that has faults, from the machines that are up. Never fails. */
export async function labNames({ labFile }: Pick<CommandContext, 'labFile'>): Promise<LabNames> {
  const loaded = await loadLab(labFile).catch(() => undefined);
  if (loaded !== undefined && 'lab' in loaded) {
    const { machines, programs, scenarios } = loaded.lab;
    return { machines: [...machines.keys()], programs: [...programs.keys()], scenarios: [...scenarios.keys()] };
  }
  const state = await readState(stateFolderFor(labFile)).catch(() => undefined);
  return { machines: (state?.machines ?? []).map(({ name }) => name), programs: [], scenarios: [] };
}
