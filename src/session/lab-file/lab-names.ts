import { loadLab } from '../../lab/load-lab.ts';
import { stateFolderFor } from '../../state/state-folder.ts';
import { readState } from '../../state/state.ts';
import type { CommandContext } from '../context.ts';

/** Names that a shell can complete. */
export interface LabNames {
  readonly machines: readonly string[];
  readonly programs: readonly string[];
  readonly scenarios: readonly string[];
  /** Parameters of `lab run -p`. */
  readonly params: readonly string[];
  /** Those of `programs` that `lab up` starts. */
  readonly services: readonly string[];
}

/**
 * The names of this lab: from its file, as far as it can be read, or else from the machines that are up. Never fails.
 */
export async function labNames({
  labFile,
  providers,
}: Pick<CommandContext, 'labFile' | 'providers'>): Promise<LabNames> {
  const loaded = await loadLab(labFile, providers.names).catch(() => undefined);
  const lab = loaded && ('lab' in loaded ? loaded.lab : loaded.partial);
  if (lab)
    return {
      machines: [...lab.machines.keys()],
      programs: [...lab.programs.keys()],
      scenarios: [...lab.scenarios.keys()],
      params: [...(lab.params?.keys() ?? [])],
      services: [...lab.programs.values()].flatMap(({ name, service }) => (service === undefined ? [] : [name])),
    };
  const state = await readState(stateFolderFor({ labFile })).catch(() => undefined);
  return {
    machines: (state?.machines ?? []).map(({ name }) => name),
    programs: [],
    scenarios: [],
    services: [],
    params: [],
  };
}
