import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findTool } from '../../../src/host/tools.ts';
import { cachedImage, imagesFolder } from '../../../src/providers/qemu/images/image-store.ts';
import { ordinaryUser, type LabUser } from '../lab-command.ts';

/** Names of the images that scripts/test-image builds, by what it calls them. */
export const testImages = { tiny: 'lab-test', 'cloud-init': 'lab-cloud-init' } as const;

/** Why no virtual machine can be started here; false when one can. */
export function cannotEmulate(): string | false {
  return findTool('qemu-system-x86_64') && findTool('qemu-img')
    ? false
    : 'this needs QEMU ("lab doctor --fix --provider qemu" gets it)';
}

/** What their tests take on two idle processors without acceleration, rounded up well. */
const neededMinutes = { tiny: 3, 'cloud-init': 5 } as const;

/** Why a test image cannot be started here, for a test of so many minutes; false when it can. */
export function cannotBoot(image: keyof typeof testImages, needed: number = neededMinutes[image]): string | false {
  const { LAB_TEST_QEMU: wish, LAB_TEST_MINUTES: minutesLeft } = process.env;
  if (wish === '0') return 'LAB_TEST_QEMU=0 leaves virtual machines out';
  if (wish !== '1' && Number(minutesLeft ?? Infinity) < needed)
    return `this needs ${needed} minutes, and the other tests have left ${minutesLeft}; LAB_TEST_QEMU=1 runs it all the same`;
  return (
    cannotEmulate() ||
    (cachedImage(testImages[image]) === undefined &&
      `its image is not there; "sh scripts/test-image/build ${image}" makes it`)
  );
}

const asWritten = (text: string): string => text;

/** An ordinary user whose practical is played on virtual machines of that image, which lies in the cache of those who run the tests. */
export function userOfMachines(image: string, change = asWritten): LabUser {
  const shared = `mkdir -p ${imagesFolder()} "$XDG_CACHE_HOME/lab/images"; mount --bind ${imagesFolder()} "$XDG_CACHE_HOME/lab/images"`;
  return withMachines(ordinaryUser([], { host: [shared] }), image, change);
}

/** The same with a cache of the user's own, without images where root runs the tests. */
export function userOfOwnMachines(image: string, change = asWritten): LabUser {
  const own = 'mkdir -p "$XDG_CACHE_HOME/lab/images"; chown $uid "$XDG_CACHE_HOME/lab/images"';
  return withMachines(ordinaryUser([], { host: [own] }), image, change);
}

function withMachines(user: LabUser, image: string, change: (text: string) => string): LabUser {
  const file = join(user.folder, 'lab.yaml');
  writeFileSync(
    file,
    change(
      readFileSync(file, 'utf8')
        .replaceAll('{ user: ', `{ image: ${image}, user: `)
        .replace('provider: netns', 'provider: qemu'),
    ),
  );
  return user;
}

/** What "lab up --json" prints. */
export interface UpDocument {
  readonly made: boolean;
  readonly steps: readonly { readonly title: string; readonly note: string | null; readonly durationMs: number }[];
}

/** Brings the machines up; it must work, and without a word of warning but that they are emulated. */
export async function up(user: LabUser): Promise<UpDocument> {
  const { exitCode, stdout, stderr } = await user.lab('up', '--json');
  assert.equal(exitCode, 0, stderr + stdout);
  assert.doesNotMatch(stderr, /cloud-init|clock|could not/);
  return JSON.parse(stdout) as UpDocument;
}
