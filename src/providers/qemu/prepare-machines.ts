import type { Lab } from '../../lab/types.ts';
import { readKeys } from '../lab-keys.ts';
import type { LabPlace, Work } from '../provider.ts';
import { fitKey } from './fit-key.ts';
import { findImages } from './images/find-image.ts';
import type { Image } from './images/image-store.ts';
import { keysInside } from './machine-keys.ts';
import { planLab } from './machine-plan.ts';
import type { Prepared } from './prepared.ts';
import { processesOf } from './process/lab-processes.ts';
import { inspectDisk, qemuTools, versionOf, type DiskFacts, type QemuTools } from './process/qemu-tools.ts';
import { hostResources, requireResources, requireRoom } from './resources.ts';

/**
 * Gathers all that machines are made of; changes nothing but the cache of images.
 *
 * @throws {UsageError} for an image that nobody knows. @throws {EnvironmentError} for what this host lacks.
 */
export async function prepareMachines(lab: Lab, place: LabPlace, work: Work): Promise<Prepared> {
  const { stateFolder, labId } = place;
  const { signal } = work;
  const tools = qemuTools();
  const plan = planLab(lab);
  const running = processesOf(labId)
    .filter(({ role }) => role === 'machine')
    .map(({ name }) => name);
  const wanted = { ...plan, machines: plan.machines.filter(({ machine }) => !running.includes(machine.name)) };
  requireResources(wanted, hostResources(stateFolder));
  const images = await findImages([...lab.machines.values()], lab.folder, work);
  const [disks, version] = await Promise.all([inspectDisks(images, tools, signal), versionOf(tools.emulator, signal)]);
  requireRoom(plan, images, disks);
  // Keys that are lost while machines know them are not replaced: no login would work.
  if (running.length > 0) readKeys(stateFolder);
  return {
    lab,
    place,
    tools,
    plan,
    images,
    disks,
    running,
    key: fitKey(plan, images, {
      emulator: `${tools.emulator.path} ${version}`,
      keys: keysInside(stateFolder, [...lab.machines.keys()]),
      peers: lab.ssh === 'peers',
    }),
  };
}

/** @throws {EnvironmentError} for an image that is broken, cut off or none at all. */
async function inspectDisks(
  images: ReadonlyMap<string, Image>,
  { imageTool }: QemuTools,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, DiskFacts>> {
  const disks = [...new Set([...images.values()].map(({ disk }) => disk))];
  return new Map(
    await Promise.all(disks.map(async (disk) => [disk, await inspectDisk(imageTool, disk, signal)] as const)),
  );
}
