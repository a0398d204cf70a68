import { EnvironmentError } from '../../../core/errors.ts';
import { inStep } from '../../../core/events.ts';
import { say } from '../../../core/language/say.ts';
import { listed } from '../../../core/text/suggest.ts';
import type { Lab, Machine } from '../../../lab/types.ts';
import type { Work } from '../../provider.ts';
import type { PackageLayer } from '../plan/packages/layer-types.ts';
import type { HostFacts } from '../plan/plan-input.ts';
import { findLayer, hasDpkg, layerKey } from './layer-store.ts';

/**
 * The layers of the machines that ask for packages, by name of the machine: from the cache, or made now, one for all
 * machines that ask for the same.
 *
 * @throws {EnvironmentError} when a layer is not in the cache and cannot be made.
 */
export async function packagesOfMachines(
  { machines }: Lab,
  host: HostFacts,
  work: Work,
): Promise<ReadonlyMap<string, PackageLayer>> {
  const asking = [...machines.values()].filter(({ packages }) => packages !== undefined);
  if (asking.length === 0) return new Map();
  if (!hasDpkg())
    throw cannot(asking, say`this host has no packages of Debian`, say`Use provider qemu, or install them here.`);
  const groups = Map.groupBy(asking, ({ packages = [] }) => layerKey(packages));
  const layers = new Map<string, PackageLayer>();
  for (const [key, alike] of groups) {
    const layer = findLayer(key) ?? (await make(key, alike, host, work));
    for (const { name } of alike) layers.set(name, layer);
  }
  return layers;
}

async function make(
  key: string,
  machines: readonly Machine[],
  host: HostFacts,
  { events, signal, offline }: Work,
): Promise<PackageLayer> {
  const { packages = [] } = machines[0]!;
  const [names, wanted] = [listed(machines.map(({ name }) => name)), packages.join(', ')];
  if (offline)
    throw cannot(
      machines,
      say`${wanted} must be downloaded`,
      say`Run "lab up" once without --offline: then it is in the cache.`,
    );
  // Loaded only where something is built: every other command would wait for it.
  const [{ hasApt }, { buildLayer }] = await Promise.all([
    import('../../../host/apt-get.ts'),
    import('./build-layer.ts'),
  ]);
  if (!hasApt()) throw cannot(machines, say`there is no apt-get on this host`, say`Install it, or use provider qemu.`);
  await inStep(events, say`install ${wanted} for ${names}`, (onProgress) =>
    buildLayer(key, packages, { host, onProgress, signal }),
  );
  const layer = findLayer(key);
  if (layer === undefined) throw cannot(machines, say`the cache does not keep them`, say`Run "lab up" again.`);
  return layer;
}

function cannot(machines: readonly Machine[], why: string, hint: string): EnvironmentError {
  return new EnvironmentError(say`no "packages" for ${listed(machines.map(({ name }) => name))}: ${why}`, {
    code: 'packages-missing',
    hint,
  });
}
