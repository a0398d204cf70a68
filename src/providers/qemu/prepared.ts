import type { Lab } from '../../lab/types.ts';
import type { OpenedShells } from '../opened-shells.ts';
import type { LabPlace, Making } from '../provider.ts';
import type { Image } from './images/image-store.ts';
import type { LabPlan } from './machine-plan.ts';
import type { DiskFacts, QemuTools } from './process/qemu-tools.ts';

/** All that is known before anything is made. */
export interface Prepared {
  readonly lab: Lab;
  readonly place: LabPlace;
  readonly tools: QemuTools;
  readonly plan: LabPlan;
  readonly images: ReadonlyMap<string, Image>;
  /** By path of the image's disk. */
  readonly disks: ReadonlyMap<string, DiskFacts>;
  readonly key: string;
  readonly running: readonly string[];
}

/** The same, with what makes it. */
export interface Build extends Prepared {
  readonly making: Making;
  /** Takes the connections over which the machines were set up. */
  readonly opened: OpenedShells;
}
