import { constants, copyFileSync, lstatSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { EnvironmentError, UsageError } from '../../core/errors.ts';
import { parseJson } from '../../core/json/json-text.ts';
import { fitting, list, object, text, time } from '../../core/json/shape.ts';
import { say } from '../../core/language/say.ts';
import { retryUntil, type Attempt } from '../../core/time/retry.ts';
import { suggestion } from '../../core/text/suggest.ts';
import { makeOwnFolder, removeOwn, replaceFileSync, readOwnFile } from '../../state/files/own-file.ts';
import { accelerationShape, type Acceleration } from './process/acceleration.ts';
import { controlSocket, workFolder } from './folders.ts';
import { Qmp } from './process/qmp.ts';

/**
 * All machines of a lab at one moment: memory, devices and disks. They resume only where everything around them is the
 * same.
 */
export interface SavedLab {
  readonly name: string;
  /** Of the configuration: see `fitKey`. */
  readonly key: string;
  /** ISO 8601. */
  readonly savedAt: string;
  readonly machines: readonly string[];
  readonly acceleration: Acceleration;
}

/** The state right after the first start, which makes the second one fast. */
export const BOOT_STATE = 'boot';

const RECORD_NAME = 'saved.json';
const SAVE_TIMEOUT_MS = 300_000;

export function savedFolder(stateFolder: string, name = ''): string {
  return join(stateFolder, 'saved', name);
}

/** Absolute path of a machine's memory and devices in a saved lab. */
export function stateFile(stateFolder: string, name: string, machine: string): string {
  return join(savedFolder(stateFolder, name), `${machine}.state`);
}

/** Absolute path of a machine's disk in a saved lab. */
export function savedDisk(stateFolder: string, name: string, machine: string): string {
  return join(savedFolder(stateFolder, name), `${machine}.qcow2`);
}

export interface ListedState extends SavedLab {
  readonly sizeBytes: number;
}

/** What a snapshot may be called; it becomes the name of a folder. */
export function isSnapshotName(name: string): boolean {
  return /^\w[\w.-]{0,63}$/.test(name);
}

/** Oldest first. */
export function listSaved(stateFolder: string): ListedState[] {
  const folder = savedFolder(stateFolder);
  const found = namesIn(folder).flatMap((name) => {
    const record = readSaved(stateFolder, name);
    return record ? [{ ...record, sizeBytes: folderSize(join(folder, name)) }] : [];
  });
  return found.toSorted((a, b) => a.savedAt.localeCompare(b.savedAt));
}

const savedShape = object<Omit<SavedLab, 'name'>>({
  key: text,
  savedAt: time,
  machines: list(text),
  acceleration: accelerationShape,
});

/** The record of a saved lab; undefined when there is none that is whole. */
export function readSaved(stateFolder: string, name: string): SavedLab | undefined {
  if (!isSnapshotName(name)) return undefined;
  const file = readOwnFile(join(savedFolder(stateFolder, name), RECORD_NAME));
  const record = typeof file === 'string' ? undefined : fitting(savedShape, parseJson(file.text));
  return record && { name, ...record };
}

/** @throws {UsageError} when there is none of that name. */
export function needSaved(stateFolder: string, name: string): SavedLab {
  const found = readSaved(stateFolder, name);
  if (found) return found;
  const known = listSaved(stateFolder).map((saved) => saved.name);
  throw new UsageError(say`there is no snapshot "${name}"`, {
    code: 'snapshot-unknown',
    hint: suggestion(name, known) ?? say`Make one: lab snapshot save NAME`,
  });
}

export function removeSaved(stateFolder: string, name: string): void {
  removeOwn(savedFolder(stateFolder, name));
}

/**
 * Saves all machines at one moment; they stand still meanwhile, then go on. A state of that name is replaced once the
 * new one is whole.
 *
 * @throws {EnvironmentError} when the disk is full or QEMU refuses; the machines go on in any case.
 */
export async function saveLab(stateFolder: string, saved: SavedLab, signal: AbortSignal): Promise<void> {
  const fresh = savedFolder(stateFolder, `.${saved.name}.new`);
  makeOwnFolder(savedFolder(stateFolder));
  removeOwn(fresh);
  makeOwnFolder(fresh);
  const machines = await Promise.all(
    saved.machines.map(async (name) => ({ name, qmp: await Qmp.connect(controlSocket(stateFolder, name)) })),
  );
  try {
    await Promise.all(machines.map(({ qmp }) => qmp.execute('stop')));
    await Promise.all(
      machines.map(({ name, qmp }) => saveMachine(qmp, name, { work: workFolder(stateFolder), to: fresh }, signal)),
    );
    replaceFileSync(join(fresh, RECORD_NAME), `${JSON.stringify(saved, undefined, 2)}\n`);
  } catch (error) {
    removeOwn(fresh);
    throw error;
  } finally {
    await Promise.allSettled(machines.map(({ qmp }) => qmp.execute('cont').finally(() => qmp.close())));
  }
  removeSaved(stateFolder, saved.name);
  renameSync(fresh, savedFolder(stateFolder, saved.name));
}

async function saveMachine(
  qmp: Qmp,
  name: string,
  folders: { readonly work: string; readonly to: string },
  signal: AbortSignal,
): Promise<void> {
  const file = join(folders.to, `${name}.state`);
  // The default is made for a network, not for a disk.
  await qmp.execute('migrate-set-parameters', { 'max-bandwidth': 8 * 2 ** 30 });
  await qmp.execute('migrate', { uri: `exec:cat > '${file.replaceAll("'", String.raw`'\''`)}'` });
  await retryUntil(() => migrated(qmp), {
    what: say`the saving of ${name}`,
    timeoutMs: SAVE_TIMEOUT_MS,
    intervalMs: 20,
    signal,
  });
  // The processor stands still and QEMU has given the disk up: the file is whole.
  const disk = `${name}.qcow2`;
  copyFileSync(join(folders.work, disk), join(folders.to, disk), constants.COPYFILE_FICLONE);
}

async function migrated(qmp: Qmp): Promise<Attempt<true>> {
  const { status = 'none', 'error-desc': reason } = (await qmp.execute('query-migrate')) as {
    status?: string;
    'error-desc'?: string;
  };
  if (status === 'completed') return { value: true };
  if (status === 'failed' || status === 'cancelled')
    throw new EnvironmentError(say`the machine could not be saved: ${reason ?? status}`, {
      code: 'save-failed',
      hint: say`"df -h ." shows whether the disk is full.`,
    });
  return { seen: status };
}

/** Waits until a machine that was started from a saved state has read it, then lets it run. */
export async function resume(stateFolder: string, machine: string, signal: AbortSignal): Promise<void> {
  const qmp = await Qmp.connect(controlSocket(stateFolder, machine));
  try {
    await retryUntil(() => arrived(qmp), {
      what: say`the saved state of ${machine}`,
      timeoutMs: SAVE_TIMEOUT_MS,
      intervalMs: 10,
      signal,
    });
    await qmp.execute('cont');
  } finally {
    qmp.close();
  }
}

async function arrived(qmp: Qmp): Promise<Attempt<true>> {
  const { status } = (await qmp.execute('query-status')) as { status: string };
  return status === 'inmigrate' ? { seen: status } : { value: true };
}

function folderSize(folder: string): number {
  return namesIn(folder).reduce(
    (sum, name) => sum + (lstatSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

/** None when there is no such folder. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
