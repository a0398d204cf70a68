import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadLab } from '../../src/lab/load-lab.ts';
import type { Lab } from '../../src/lab/types.ts';
import { allProviders } from '../../src/providers/registry.ts';

/** Writes a lab file to a private folder, loads it and removes the folder; the file must be without problems. */
export async function labOf(yaml: string): Promise<Lab> {
  const folder = mkdtempSync(join(tmpdir(), 'lab-scenario-'));
  try {
    writeFileSync(join(folder, 'lab.yaml'), yaml);
    const loaded = await loadLab(join(folder, 'lab.yaml'), allProviders.names);
    if ('problems' in loaded)
      throw new Error(loaded.problems.map(({ path, message }) => `${path} ${message}`).join('\n'));
    return loaded.lab;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Two machines on one network, as in the reference practical. */
export const TWO_MACHINES = `
version: 1
name: test
networks:
  natnet: 192.168.100.0/24
machines:
  vm1: { user: ildvm1, interfaces: { eth0: 192.168.100.4 } }
  vm2: { user: ildvm2, interfaces: { eth0: 192.168.100.5 } }
`;
