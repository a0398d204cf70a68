import type { EventSink } from '../core/events.ts';
import { list, object, text, truth, type Shape } from '../core/json/shape.ts';
import type { JournalEntry, ProviderJournal } from '../providers/provider.ts';
import type { Shell } from '../ssh/shell.ts';
import { say } from '../core/language/say.ts';

/**
 * Where a machine keeps what was done to it, until it starts again: what `setup` changes of the kernel is gone then,
 * too.
 */
export const MARK = '/run/lab-setup';

/** Kind of the records of what was done to machines that are not lab's own. */
const KIND = 'set-up';
const REMOVE_MS = 10 * 60_000;

/** What is done to a machine. */
export interface SetUpNote {
  readonly machine: string;
  /** Those that the machine does not have so far. */
  readonly packages: readonly string[];
  /** Whether commands of the lab file are run as root. */
  readonly commands: boolean;
}

/** Written down before it is done. */
export async function noteSetUp(journal: ProviderJournal, note: SetUpNote): Promise<void> {
  await journal.append({ kind: KIND, ...note });
}

const setUpNote: Shape<SetUpNote> = object<SetUpNote>({ machine: text, packages: list(text), commands: truth });

/** By machine, all that was done to it. */
export function setUpBy(records: readonly JournalEntry[]): ReadonlyMap<string, SetUpNote> {
  const found = new Map<string, SetUpNote>();
  for (const record of records.filter(({ kind }) => kind === KIND)) {
    const { machine, packages, commands } = setUpNote(record, KIND);
    const before = found.get(machine);
    found.set(machine, {
      machine,
      packages: [...new Set([...(before?.packages ?? []), ...packages])],
      commands: commands || before?.commands === true,
    });
  }
  return found;
}

/**
 * Removes those of the packages that are there, and nothing else: dpkg(1) refuses where something that came later needs
 * them. Returns the names of what was removed; what stays is reported.
 */
export async function takeBack(
  shell: Shell,
  { packages, commands }: SetUpNote,
  { events, signal }: { readonly events: EventSink; readonly signal: AbortSignal },
): Promise<string[]> {
  const root = shell.user === 'root' ? [] : ['sudo', '-n', '--'];
  const run = (command: readonly string[]) => shell.exec([...root, ...command], { signal, timeoutMs: REMOVE_MS });
  await run(['rm', '-f', MARK]);
  if (commands)
    await events.emit({
      kind: 'notice',
      level: 'info',
      message: say`what "setup" changed on ${shell.machine} stays: lab does not know how to take it back`,
    });
  if (packages.length === 0) return [];
  const known = await run(['dpkg-query', '-W', '-f', '${Package} ${Status}\\n', ...packages]);
  const there = packages.filter((name) => known.stdout.split('\n').includes(`${name} install ok installed`));
  if (there.length === 0) return [];
  const { exitCode, stdout, stderr } = await run([
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'dpkg',
    '--purge',
    ...there,
  ]);
  if (exitCode === 0) return there;
  await events.emit({
    kind: 'notice',
    level: 'warning',
    message: say`packages that lab installed stay on ${shell.machine}: ${lastLine(`${stdout}${stderr}`)}`,
    hint: say`Remove them there: sudo apt-get purge ${there.join(' ')}`,
  });
  return [];
}

function lastLine(output: string): string {
  return output.trim().split('\n').at(-1)?.trim() ?? '';
}
