import { UsageError } from '../core/errors.ts';
import { suggestion } from '../core/text/suggest.ts';
import type { CommandContext } from '../session/context.ts';
import { listSnapshots, removeSnapshot, restoreSnapshot, saveSnapshot } from '../commands/machines/snapshot.ts';
import { formatSize } from './format/size.ts';
import { table } from './format/table.ts';
import { outcome, type Outcome } from './outcome.ts';

const named: Readonly<Record<string, (context: CommandContext, name: string) => Promise<Outcome>>> = {
  save: async (context, name) =>
    outcome(await saveSnapshot(context, name), `Saved as ${name}. Back to it: lab snapshot restore ${name}\n`),
  restore: async (context, name) =>
    outcome(await restoreSnapshot(context, name), `All machines are as they were in ${name}.\n`),
  rm: async (context, name) => outcome(await removeSnapshot(context, name), `Removed ${name}.\n`),
};

/** `lab snapshot ACTION [NAME]`. @throws {UsageError} for an unknown action or a missing name. */
export async function snapshotAction(
  context: CommandContext,
  action: string,
  name: string | undefined,
): Promise<Outcome> {
  if (action === 'list') return list(context);
  const act = named[action];
  if (!act)
    throw new UsageError(`there is no "lab snapshot ${action}"`, {
      code: 'unknown-action',
      hint: suggestion(action, ['list', ...Object.keys(named)]),
    });
  if (name === undefined)
    throw new UsageError(`"lab snapshot ${action}" wants a name`, {
      code: 'no-name',
      hint: `For example:  lab snapshot ${action} clean`,
    });
  return act(context, name);
}

async function list(context: CommandContext): Promise<Outcome> {
  const result = await listSnapshots(context);
  const rows = result.snapshots.map(({ name, savedAt, machines, sizeBytes, automatic }) => [
    name,
    savedAt.slice(0, 16).replace('T', ' '),
    machines.join(', '),
    formatSize(sizeBytes),
    automatic ? 'for the next "lab up"' : '',
  ]);
  return outcome(result, rows.length === 0 ? 'No snapshot. Make one: lab snapshot save NAME\n' : table(rows));
}
