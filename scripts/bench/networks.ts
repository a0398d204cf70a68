import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { routedLab } from '../../test/helpers/machines/routed-lab.ts';
import type { Means } from './virtual-machines.ts';
import type { Benchmark } from './measure.ts';

/** Ten networks in a row with nine routers between them and a hundred machines: made, asked all pairs, removed. */
export function networks({ ours, runLab }: Pick<Means, 'ours' | 'runLab'>): Benchmark {
  return {
    name: 'networks-109',
    bar: 'up under 3 s; all 12,744 pairs answer',
    run: async () => {
      const folder = mkdtempSync(join(tmpdir(), 'lab-bench-'));
      writeFileSync(join(folder, 'lab.yaml'), routedLab({ networks: 10, machines: 10 }));
      return {
        commands: [
          ours('lab up, 109 machines', ['up'], folder),
          ours('lab ping', ['ping'], folder),
          ours('lab down', ['down'], folder),
        ],
        end: () => {
          runLab(folder, 'down');
          rmSync(folder, { recursive: true, force: true });
        },
      };
    },
  };
}
