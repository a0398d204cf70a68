import { rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { say } from '../../core/language/say.ts';
import { makeTemporaryFolder } from '../../host/files/own-folder.ts';
import { storing } from '../../host/files/storage-error.ts';
import { currentProcess, hasEnded, tagOf } from '../../host/process-identity.ts';

/** The process whose lab it is, by its tag; then what makes the name unique. */
const OWN_PLACE = /^lab-of-([0-9a-f]*-\d+)-\w+$/;

/** Makes a folder for a lab that belongs to this process and ends with it. Its name says which process that is. */
export function makeOwnPlace(): string {
  return makeTemporaryFolder(`of-${tagOf(currentProcess())}`);
}

/** Whether a `.lab` folder lies in such a place whose process is certainly gone, perhaps by `kill -9`. */
export function isAbandoned(stateFolder: string): boolean {
  const tag = OWN_PLACE.exec(basename(dirname(stateFolder)))?.[1];
  return tag !== undefined && hasEnded(tag);
}

/** Removes such a place, when nothing of its lab runs any more. */
export async function removeOwnPlace(folder: string): Promise<void> {
  if (OWN_PLACE.test(basename(folder)))
    await storing(say`cannot remove ${folder}`, () => rm(folder, { recursive: true, force: true }));
}
