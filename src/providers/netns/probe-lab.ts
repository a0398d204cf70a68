import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EnvironmentError, messageOf } from '../../core/errors.ts';
import { parseSubnet } from '../../core/ipv4.ts';
import { say } from '../../core/language/say.ts';
import { makeTemporaryFolder } from '../../host/files/own-folder.ts';
import type { Lab } from '../../lab/types.ts';
import { generateKeyPair } from '../../ssh/keys/key-pair.ts';
import type { Requirement } from '../provider.ts';
import { gatherHostFacts } from './host-facts.ts';
import { identityMap, need } from './identity-map.ts';
import { lookAtHost } from '../../host/situation/host-situation.ts';
import { whyRefused } from './rights/why-refused.ts';
import { keepLimits, limitMeans } from './machine-limits.ts';
import { wallOptions } from './walls.ts';
import { endLab, launchAllowed, type Allowance } from './lab-process.ts';
import { planLab } from './plan/namespace-plan.ts';
import type { Operation } from './plan/operations.ts';
import { mappersRefused } from './requirements.ts';

const machine = {
  name: 'probe',
  user: 'probe',
  interfaces: [{ name: 'eth0', network: 'probe', address: '192.0.2.2' }],
  memoryMiB: undefined,
  cpus: undefined,
  diskMiB: 16,
  ssh: undefined,
};
const network = { name: 'probe', subnet: parseSubnet('192.0.2.0/24')!, gateway: '192.0.2.1', nat: false };

/** Makes one machine in a temporary folder and lets it go: what the kernel refuses can be known only by asking it. */
export async function probe(): Promise<Requirement[]> {
  const folder = makeTemporaryFolder('probe');
  const result = { id: 'machine', description: say`a machine can be made`, howToGet: [] };
  try {
    const isLesser = await makeOne(folder);
    return [
      ...(isLesser ? [mappersRefused()] : []),
      { ...result, status: 'present', found: say`made one and removed it` },
    ];
  } catch (error) {
    return [{ ...result, status: 'missing', ...obstacle(error) }];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What the kernel refused to the executor, in words; another failure as it is. */
function obstacle(error: unknown): Pick<Requirement, 'found' | 'howToGet'> {
  const refused = error instanceof EnvironmentError ? error.data?.['refused'] : undefined;
  if (typeof refused !== 'string') return { found: messageOf(error), howToGet: [say`Use --provider qemu.`] };
  const { why, howToGet } = whyRefused(refused, lookAtHost());
  return { found: say`${messageOf(error)}: ${why}`, howToGet };
}

/** Whether it has fewer users than this host looked good for. */
async function makeOne(folder: string): Promise<boolean> {
  const lab: Lab = {
    name: 'probe',
    provider: 'netns',
    file: '',
    folder,
    networks: new Map([['probe', network]]),
    machines: new Map([['probe', machine]]),
    programs: new Map(),
    scenarios: new Map(),
  };
  const labId = `probe-${process.pid}`;
  for (const name of ['mnt', 'sockets']) mkdirSync(join(folder, name));
  const ids = identityMap();
  const host = gatherHostFacts(undefined);
  const options = {
    mountPoint: join(folder, 'mnt'),
    socketFolder: join(folder, 'sockets'),
    keys: {
      user: generateKeyPair('probe').publicKey,
      hosts: new Map([['probe', generateKeyPair('probe')]]),
      clients: new Map(),
    },
    machineIds: new Map(),
    limits: keepLimits(lab, labId, limitMeans(undefined)),
  };
  const plan = (allowance: Allowance): readonly Operation[] =>
    planLab(lab, host, { ...options, ...wallOptions(labId, { ...allowance, mapped: false }) });
  const prepared = await launchAllowed(plan, {
    perl: need('perl'),
    labId,
    name: 'probe',
    stateFolder: folder,
    logFile: join(folder, 'netns.log'),
    libraryPath: undefined,
    ids,
    signal: new AbortController().signal,
  });
  prepared.abandon();
  await endLab(labId);
  return prepared.allowance.oneIdentity && ids.kind !== 'one-identity';
}
