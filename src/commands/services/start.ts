import { UsageError } from '../../core/errors.ts';
import { say } from '../../core/language/say.ts';
import { suggestion } from '../../core/text/suggest.ts';
import { deployPrograms } from '../../deploy/deploy-programs.ts';
import type { Lab, Program } from '../../lab/types.ts';
import { changedLab } from '../../session/changed-lab.ts';
import type { CommandContext } from '../../session/context.ts';
import { keepServices, type KeptService } from '../../session/keep-services.ts';
import { withLock } from '../../session/locked-session.ts';
import { openSession } from '../../session/open-session.ts';
import { stopServices } from '../../services/supervise.ts';
import { matchesName } from '../../lab/name-pattern.ts';
import { severalHint } from './known-services.ts';
import { isUnchanged } from '../../state/lab-change.ts';

export interface StartResult {
  readonly services: readonly KeptService[];
}

/**
 * Starts programs of the lab file on the machines that are up, with the files that they have now, and waits until they
 * are ready: services, and by hand what scenarios start otherwise. One that runs with the same files is left alone,
 * unless it is to be started `again`.
 *
 * @throws {UsageError} for an unknown name. @throws {EnvironmentError} when the lab is not up.
 * @throws {CheckError} as `keepServices`, and when the machines are not those of the lab file any more.
 */
export async function start(
  context: CommandContext,
  names: readonly string[],
  { again }: { readonly again: boolean },
): Promise<StartResult> {
  const session = openSession(context);
  const command = again ? 'restart' : 'start';
  return withLock(session, {
    command,
    check: async () => programsNamed((await session.lab()).lab, names),
    async work(locked, cleanup) {
      const { events, signal } = context;
      const { lab } = await locked.lab();
      const programs = programsNamed(lab, names);
      const only = programs.map(({ name }) => name);
      const connected = await locked.connect(cleanup, [...new Set(programs.map(({ on }) => on))]);
      if (!isUnchanged(connected.state, lab)) throw changedLab(connected.state, lab);
      const { shells, machines } = connected;
      const deployed = await deployPrograms(lab, shells, { events, signal, only });
      if (again)
        await Promise.all(
          programs.map(({ name, on }) => stopServices({ shell: shells.get(on)!, lab: lab.name, signal }, [name])),
        );
      return { services: await keepServices(locked, lab, { machines, shells, programs: deployed }) };
    },
  });
}

/** Those of these names, or patterns of names. @throws {UsageError} for a name that no program has. */
function programsNamed({ programs }: Lab, names: readonly string[]): Program[] {
  const known = [...programs.keys()];
  for (const name of names) {
    if (known.some((each) => matchesName(name, each))) continue;
    throw new UsageError(say`there is no service or program "${name}"`, {
      code: 'unknown-program',
      hint: severalHint(name, known) ?? suggestion(name, known) ?? say`add it under "services:"`,
    });
  }
  return [...programs.values()].filter((program) => names.some((name) => matchesName(name, program.name)));
}
