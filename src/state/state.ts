import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EnvironmentError } from '../core/errors.ts';
import { parseJson } from '../core/json/json-text.ts';
import { fitting } from '../core/json/shape.ts';
import type { Lab } from '../lab/types.ts';
import { labFingerprint } from './lab-change.ts';
import type { LabState } from './lab-state.ts';
import { LAB_VERSION, madeByAnother, newerMakerOf } from './lab-version.ts';
import { readOwnFile } from './files/own-file.ts';
import { storing } from '../host/files/storage-error.ts';
import { removeUnfinished, replaceFile } from './files/storage.ts';
import { storedState, storeState } from './stored-lab.ts';
import { say } from '../core/language/say.ts';

export type { LabState, ProgramSummary } from './lab-state.ts';

/** The state of a lab that has just been brought up. */
export function stateOf(lab: Lab, labId: string, providerState: Readonly<Record<string, unknown>>): LabState {
  return {
    schemaVersion: 1,
    labId,
    name: lab.name,
    provider: lab.provider,
    uid: process.getuid?.(),
    labVersion: LAB_VERSION,
    createdAt: new Date().toISOString(),
    fingerprint: labFingerprint(lab),
    networks: [...lab.networks.values()],
    machines: [...lab.machines.values()],
    ...(lab.ssh && { ssh: lab.ssh }),
    programs: [...lab.programs.values()].map(({ name, on, listens }) => ({
      name,
      on,
      listens: listens.map(({ protocol, port }) => ({ protocol, port })),
    })),
    ...(lab.published && { published: lab.published }),
    providerState,
  };
}

/** Path of the state in a `.lab` folder. */
export function statePath(folder: string): string {
  return join(folder, 'state.json');
}

/** Writes the state; a reader, and a crash at any instant, finds the whole old or the whole new one. */
export async function writeState(folder: string, state: LabState): Promise<void> {
  await replaceFile(statePath(folder), `${JSON.stringify(storeState(state), undefined, 2)}\n`);
}

/** Whether two states say the same, one read and one just made for example: no one needs to write the second. */
export function isSameState(a: LabState, b: LabState): boolean {
  return JSON.stringify(storeState(a)) === JSON.stringify(storeState(b));
}

/**
 * The state in a `.lab` folder, or undefined when the lab is not up.
 *
 * @throws {EnvironmentError} `state-newer` when a newer lab wrote it, `state-broken` when it is no state, or when it
 * cannot be read.
 */
export async function readState(folder: string): Promise<LabState | undefined> {
  const path = statePath(folder);
  const file = readOwnFile(path);
  if (file === 'damaged') throw brokenState(path);
  return file === 'absent' ? undefined : parseState(file.text, path);
}

/**
 * Removes the state, or what else has its name, and what a crash left of one that was being written. Safe when there is
 * none.
 */
export async function removeState(folder: string): Promise<void> {
  const path = statePath(folder);
  await storing(say`cannot remove ${path}`, async () => {
    for (const place of [folder, join(folder, 'keys')]) await removeUnfinished(place);
    await rm(path, { recursive: true, force: true });
  });
}

function parseState(content: string, path: string): LabState {
  const value = parseJson(content);
  const version = newerMakerOf(value);
  if (version !== undefined) throw newerState(path, version);
  const state = fitting(storedState, value);
  if (state === undefined) throw brokenState(path);
  return state;
}

/** What `down` can still do: it goes by the journal, and by the labels of what runs. */
function newerState(path: string, version: string): EnvironmentError {
  return madeByAnother(path, {
    version,
    code: 'state-newer',
    command: 'down',
    here: say`"lab down" of this one ends what the journal knows, and removes that file.`,
  });
}

function brokenState(path: string): EnvironmentError {
  return new EnvironmentError(say`${path} is broken; something other than lab changed it`, {
    code: 'state-broken',
    hint: say`Run "lab down", which then ends what the journal knows, and then "lab up".`,
  });
}
