import { routersOf } from '../../../lab/addresses.ts';
import type { Lab } from '../../../lab/types.ts';
import { commonFiles, commonSshFiles } from './common-files.ts';
import { captures, connectMachines, startOfNetwork, wayOut } from './lab-network.ts';
import { setStage } from './lab-stage.ts';
import { machineSection } from './machine-section.ts';
import {
  copyTree,
  filterSystemCalls,
  releaseHelpers,
  serveNetfilter,
  serveOutside,
  when,
  type Operation,
} from './operations.ts';
import { commonPackageState } from './packages/package-state.ts';
import { copiedFolders } from './overlay.ts';
import type { HostFacts, PlanOptions } from './plan-input.ts';
import { stage } from './stage-paths.ts';

/** All that the lab's init and the machines' inits do, in order. */
export function planLab(lab: Lab, host: HostFacts, options: PlanOptions): Operation[] {
  const machines = [...lab.machines.values()];
  const networks = [...lab.networks.values()].map((network, index) => ({ network, bridge: `br${index}` }));
  const canRoute = host.nft !== undefined && host.slirp4netns !== undefined;
  const routes = canRoute && networks.some(({ network }) => network.nat || network.nat6);
  const routers = routersOf(lab);
  return [
    // The lab's init hands it on to all that it starts.
    ...when(options.oneIdentity !== undefined, filterSystemCalls(options.oneIdentity?.filter ?? '')),
    ...setStage(machines, host, { ...options, helpers: when(routes, ...wayOut(lab, host, networks)) }),
    ...copiedFolders(host, options).map((name) => copyTree(`${stage.layers}/${name}`, `${stage.lab}/copy-${name}`)),
    ...commonFiles(`${stage.lab}/common`, machines, host),
    ...commonPackageState(`${stage.lab}/common`, host, options),
    ...commonSshFiles(`${stage.lab}/common/etc/ssh`, machines, host, options.keys),
    ...startOfNetwork(networks, routes),
    ...captures(lab, host),
    ...machines.flatMap((machine) => machineSection({ machine, lab, host, options, routes, routers })),
    ...when(routes, releaseHelpers()),
    serveNetfilter(),
    serveOutside(),
    ...connectMachines(lab, networks, routers),
  ];
}
