import { join } from 'node:path';
import type { Lab, Machine } from '../../lab/types.ts';
import { removeOwn, replaceFileSync } from '../../state/files/own-file.ts';
import { ensureKeys } from '../lab-keys.ts';
import { knownHosts } from '../peer-files.ts';
import { readyMark, workFolder } from './folders.ts';
import { hostKeyOf } from './machine-keys.ts';
import type { MachinePlan } from './machine-plan.ts';
import type { Build } from './prepared.ts';
import { makeOverlay } from './process/qemu-tools.ts';
import { savedDisk, type SavedLab } from './saved.ts';
import { isoImage } from './seed/iso9660.ts';
import { seedFiles, type SeedKeys } from './seed/seed.ts';

/** A disk of its own over the image (or over what was saved of it), and the seed. */
export async function layDisks(
  { place, making, lab, plan: { networks }, images, disks, tools }: Build,
  plan: MachinePlan,
  saved: SavedLab | undefined,
): Promise<void> {
  const { stateFolder, labId } = place;
  const { machine } = plan;
  const file = join(workFolder(stateFolder), machine.name);
  const { disk } = images.get(machine.name)!;
  for (const left of [`${file}.qcow2`, readyMark(stateFolder, machine.name)]) removeOwn(left);
  const base = saved
    ? { base: savedDisk(stateFolder, saved.name, machine.name), format: 'qcow2', sizeMiB: undefined }
    : { base: disk, format: disks.get(disk)?.format ?? 'raw', sizeMiB: machine.diskMiB };
  await makeOverlay(tools, { ...base, overlay: `${file}.qcow2` }, making.signal);
  const seed = seedFiles({
    plan,
    lab,
    networks,
    instanceId: `${labId}-${machine.name}`,
    keys: seedKeys(lab, machine, stateFolder),
  });
  replaceFileSync(`${file}.iso`, isoImage('cidata', seed, new Date()), { durable: false });
}

/** What a machine needs to know, and nothing of which the private half is not its own. */
function seedKeys(lab: Lab, { name }: Machine, stateFolder: string): SeedKeys {
  const { user, clientKey } = ensureKeys(stateFolder);
  const peers = lab.ssh === 'peers' ? [...lab.machines.keys()] : [];
  return {
    host: hostKeyOf(stateFolder, name),
    client: peers.length === 0 ? undefined : clientKey(name),
    authorized: [user.publicKey, ...peers.map((peer) => clientKey(peer).publicKey)],
    knownHosts: knownHosts(lab.machines.values(), (peer) => hostKeyOf(stateFolder, peer).publicKey),
  };
}
