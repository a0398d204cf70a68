import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findTool } from '../../src/host/tools.ts';
import { imagesFolder } from '../../src/providers/qemu/images/store.ts';
import { ordinaryUser, type LabUser } from './lab-command.ts';

export const testImage = 'lab-test';

/** Why no virtual machine can be started here; false when one can. */
export function cannotEmulate(): string | false {
  return findTool('qemu-system-x86_64') && findTool('qemu-img') ? false : 'this needs QEMU ("lab doctor --fix" gets it)';
}

/** Why the test image cannot be started here; false when it can. With LAB_TEST_QEMU=1 it must be there. */
export function cannotBoot(): string | false {
  // Without hardware virtualisation two machines need minutes and both processors to themselves, which the other tests would take from them.
  return process.env['LAB_TEST_QEMU'] === '1' ? false : 'two virtual machines need minutes of both processors; LAB_TEST_QEMU=1 runs this';
}

/** An ordinary user whose practical is played on virtual machines of the test image, or of another. */
export function userOfMachines(image = testImage, change: (text: string) => string = (text) => text): LabUser {
  const shared = `mkdir -p ${imagesFolder()} "$XDG_CACHE_HOME/lab/images"; mount --bind ${imagesFolder()} "$XDG_CACHE_HOME/lab/images"`;
  const user = ordinaryUser([], { host: [shared] });
  const file = join(user.folder, 'lab.yaml');
  const text = readFileSync(file, 'utf8').replaceAll('ubuntu-24.04', image).replace('provider: netns', 'provider: qemu');
  // Node alone takes ten seconds to start where each instruction is emulated and others work on the same processors.
  writeFileSync(file, change(text.replaceAll(/- start: (\w+)/g, '- { start: $1, timeout: 90s }').replaceAll(/- (expect|exit|send): (\{.*\})/g, '- { $1: $2, timeout: 60s }')));
  return user;
}
