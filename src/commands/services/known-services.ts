import { UsageError } from '../../core/errors.ts';
import { say } from '../../core/language/say.ts';
import { suggestion } from '../../core/text/suggest.ts';
import { serviceNotes, type ServiceNote } from '../../services/service-notes.ts';
import { allOfThem, matchesName, numberedNames } from '../../lab/name-pattern.ts';
import type { Session } from '../../session/session.ts';
import { readJournal } from '../../state/journal.ts';

/** What was started on machines of the lab to outlive the command that did it, whether or not it still runs. */
export async function startedServices({ stateFolder }: Session): Promise<ServiceNote[]> {
  return serviceNotes(await readJournal(stateFolder));
}

/** Before this command, `-f` names the lab file, as with all others. */
function fileHint(name: string): string | undefined {
  return /\.ya?ml$/.test(name) ? say`A lab file is named before "logs":  lab -f ${name} logs` : undefined;
}

/** What a name that was not found may mean instead: all that were made of one entry. */
export function severalHint(name: string, known: readonly string[]): string | undefined {
  const numbered = numberedNames(name, known);
  return numbered.length > 1 ? allOfThem(name, numbered) : undefined;
}

/** Those of these names, or patterns of names. @throws {UsageError} for a name of which nothing was started. */
export function servicesNamed(started: readonly ServiceNote[], names: readonly string[]): ServiceNote[] {
  const known = started.map((service) => service.name);
  for (const name of names) {
    if (known.some((each) => matchesName(name, each))) continue;
    throw new UsageError(say`no service "${name}" was started in this lab`, {
      code: 'unknown-service',
      hint:
        fileHint(name) ??
        severalHint(name, known) ??
        suggestion(name, known) ??
        say`"lab up" starts what stands under "services:", "lab start NAME" any program.`,
    });
  }
  return started.filter((service) => names.some((name) => matchesName(name, service.name)));
}
