import type { SnapshotInfo } from '../../../providers/provider.ts';
import { sayBytes } from '../../../core/language/amounts.ts';
import { say } from '../../../core/language/say.ts';
import { defineCommand, defineFamily } from '../../command/define-command.ts';
import { required } from '../../command/parameters.ts';
import { listed, word } from '../../command/value-types.ts';
import { outcome } from '../../outcome.ts';
import { table } from '../../show/table.ts';

const newName = required(word('name'), say`name for the snapshot`, 'no-name');

const snapshot = required(
  word('name', async (context) => {
    const { snapshots } = await (await work()).listSnapshots(context);
    return listed(
      snapshots.map(({ name }) => name),
      say`snapshot`,
    );
  }),
  say`name of the snapshot`,
  'no-name',
);

const save = defineCommand({
  name: 'save',
  group: 'lab',
  summary: say`save all machines as they are now, under a name`,
  arguments: { snapshot: newName },
  examples: [{ words: 'snapshot save clean', does: say`keep the machines as they are now` }],
  run: async ({ context, arguments: { snapshot: name } }) =>
    outcome(
      await (await work()).saveSnapshot(context, name),
      say`Saved as ${name}. Back to it: lab snapshot restore ${name}\n`,
    ),
});

const restore = defineCommand({
  name: 'restore',
  group: 'lab',
  summary: say`return all machines to a snapshot`,
  arguments: { snapshot },
  examples: [{ words: 'snapshot restore clean', does: say`bring them back` }],
  run: async ({ context, arguments: { snapshot: name } }) =>
    outcome(await (await work()).restoreSnapshot(context, name), say`All machines are as they were in ${name}.\n`),
});

const list = defineCommand({
  name: 'list',
  group: 'lab',
  summary: say`list the snapshots and their sizes`,
  examples: [{ words: 'snapshot list', does: say`which are there, and how large` }],
  run: async ({ context }) => {
    const result = await (await work()).listSnapshots(context);
    return outcome(result, formatSnapshots(result.snapshots));
  },
});

const rm = defineCommand({
  name: 'rm',
  group: 'lab',
  summary: say`remove a snapshot`,
  arguments: { snapshot },
  examples: [{ words: 'snapshot rm clean', does: say`it is gone` }],
  run: async ({ context, arguments: { snapshot: name } }) =>
    outcome(await (await work()).removeSnapshot(context, name), say`Removed ${name}.\n`),
});

export const snapshotCommand = defineFamily({
  name: 'snapshot',
  group: 'lab',
  summary: say`save, restore, list or remove snapshots of all machines (provider qemu)`,
  details: [
    say`A snapshot holds memory, devices and disks of all machines at one moment, and outlives "lab down".`,
    say`It fits only as long as lab.yaml and QEMU stay the same.`,
  ].join(' '),
  commands: [save, restore, list, rm],
  examples: [save, restore, list].flatMap(({ examples }) => examples),
});

function work(): Promise<typeof import('../../../commands/machines/snapshot.ts')> {
  return import('../../../commands/machines/snapshot.ts');
}

function formatSnapshots(snapshots: readonly SnapshotInfo[]): string {
  if (snapshots.length === 0) return say`No snapshot. Make one: lab snapshot save NAME\n`;
  const rows = snapshots.map(({ name, savedAt, machines, sizeBytes, automatic }) => [
    name,
    savedAt.slice(0, 16).replace('T', ' '),
    machines.join(', '),
    sayBytes(sizeBytes),
    automatic ? say`for the next "lab up"` : '',
  ]);
  return table(rows);
}
