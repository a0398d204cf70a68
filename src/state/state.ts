import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EnvironmentError } from '../core/errors.ts';
import { parseJson } from '../core/json/json-text.ts';
import { fitting, number, object } from '../core/json/shape.ts';
import type { Lab } from '../lab/types.ts';
import { labFingerprint } from './lab-change.ts';
import type { LabState } from './lab-state.ts';
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
    createdAt: new Date().toISOString(),
    fingerprint: labFingerprint(lab),
    networks: [...lab.networks.values()],
    machines: [...lab.machines.values()],
    ...(lab.ssh && { ssh: lab.ssh }),
    programs: [...lab.programs.values()].map(({ name, on, listens }) => ({ name, on, listens })),
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
  await storing(say`remove ${path}`, async () => {
    for (const place of [folder, join(folder, 'keys')]) await removeUnfinished(place);
    await rm(path, { recursive: true, force: true });
  });
}

const versioned = object({ schemaVersion: number(0, Number.MAX_VALUE) });

function parseState(text: string, path: string): LabState {
  const value = parseJson(text);
  const version = fitting(versioned, value)?.schemaVersion ?? 1;
  if (version > 1) throw newerState(path, version);
  const state = fitting(storedState, value);
  if (state === undefined) throw brokenState(path);
  return state;
}

function newerState(path: string, version: number): EnvironmentError {
  return new EnvironmentError(
    say`${path} has schema version ${version}, which a newer lab wrote; this one knows version 1`,
    { code: 'state-newer', hint: say`Use that newer lab, or run its "lab down" first.` },
  );
}

function brokenState(path: string): EnvironmentError {
  return new EnvironmentError(say`${path} is broken; something other than lab changed it`, {
    code: 'state-broken',
    hint: say`Run "lab down", which then ends what the journal knows, and then "lab up".`,
  });
}
