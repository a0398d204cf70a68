import { sayBytes } from '../core/language/amounts.ts';
import { EnvironmentError } from '../core/errors.ts';
import type { EventSink } from '../core/events.ts';
import { say } from '../core/language/say.ts';
import type { Lab, Program } from '../lab/types.ts';
import type { Shell } from '../ssh/shell.ts';
import { buildStamp } from './build/build-on-machine.ts';
import type { HashFile } from './source-file.ts';
import { install, type Installed, type RuntimeUpload } from './install.ts';
import { filesToSend, planProgram, type ProgramPlan } from './install-plan.ts';
import type { ProgramEntry } from './program-files.ts';
import {
  chooseRuntime,
  needsNode,
  oldestNodeFor,
  runtimeKey,
  type RuntimeChoice,
  type RuntimeSource,
} from './runtime.ts';
import { surveyPrograms, type ProgramSurvey, type SurveyRequest } from './program-survey.ts';

/** A program and all that must lie in its folder. */
export interface WantedProgram {
  readonly program: Program;
  /** `<lab>/<program>`. */
  readonly id: string;
  readonly entries: readonly ProgramEntry[];
}

export interface MachineOptions {
  readonly events: EventSink;
  readonly signal: AbortSignal;
  readonly runtime: RuntimeSource | undefined;
  readonly hashFile: HashFile;
  /** The machines of the lab by name. */
  readonly machines: Lab['machines'];
  /** Is called now and then during a large transfer. */
  readonly progress: (note: string) => void;
}

/** What was done for one program. */
export interface MachineProgram {
  readonly wanted: WantedProgram;
  /** Files that were written on the machine. */
  readonly sent: number;
  /** Entries that were in place already. */
  readonly skipped: number;
  /** Content that went over the wire for it. */
  readonly bytes: number;
  /** Folder to put first in PATH; undefined when the machine's own Node will do, or none is needed. */
  readonly nodeFolder: string | undefined;
  /** PATH of the machine. */
  readonly searchPath: string;
  /** What the program's last build there said, if it is still built as it should be; undefined: build it. */
  readonly built: { readonly said: string } | undefined;
}

/** The progress of a transfer of this size or more is shown. */
const LARGE_BYTES = 4_000_000;
/** Time between two such notes. */
const NOTE_EVERY_MS = 200;

/** Brings the programs of one machine into place: one round trip when nothing changed, else two. */
export async function deployToMachine(
  shell: Shell,
  wanted: readonly WantedProgram[],
  options: MachineOptions,
): Promise<MachineProgram[]> {
  // Stored content that turns out to be gone or wrong is removed by the first try and sent by the second.
  return (
    (await tryDeploy(shell, wanted, options)) ??
    (await tryDeploy(shell, wanted, options)) ??
    neverSettles(shell.machine)
  );
}

async function tryDeploy(
  shell: Shell,
  wanted: readonly WantedProgram[],
  options: MachineOptions,
): Promise<MachineProgram[] | undefined> {
  const oldestNode = oldestNodeFor(wanted.map(({ program }) => program));
  const survey = await surveyPrograms(shell, surveyRequest(wanted, options.runtime, oldestNode), options.signal);
  const choice: RuntimeChoice =
    oldestNode === undefined ? { use: 'own' } : chooseRuntime(shell.machine, survey, options.runtime, oldestNode);
  const plans = wanted.map(({ id, entries }) =>
    planProgram({
      machine: shell.machine,
      id,
      entries,
      survey: survey.programs.get(id)!,
      backupSuffix: backupSuffix(),
    }),
  );
  const changes = plans.filter(({ operations }) => operations.length > 0);
  const runtime = choice.use === 'ours' && choice.send ? await runtimeUpload(options) : undefined;
  if (changes.length > 0 || runtime !== undefined) {
    requireTools(shell.machine, survey);
    const installed = await install(shell, {
      plans: changes,
      runtime,
      survey,
      diskMiB: options.machines.get(shell.machine)?.diskMiB,
      signal: options.signal,
      onProgress: progressNotes(shell.machine, options),
    });
    if (installed === 'stale') return undefined;
    await tellOfUserFiles(shell.machine, installed, options.events);
  }
  return wanted.map((item, index) => summary(item, plans[index]!, survey, choice));
}

function surveyRequest(
  wanted: readonly WantedProgram[],
  runtime: RuntimeSource | undefined,
  oldestNode: number | undefined,
): SurveyRequest {
  return {
    oldestNode,
    runtimeKey: runtime && runtimeKey(runtime),
    programs: wanted.map(({ id, entries }) => ({ id, paths: entries.map(({ path }) => path) })),
    sha256s: [
      ...new Set(
        wanted.flatMap(({ entries }) => entries.flatMap((entry) => (entry.kind === 'file' ? [entry.sha256] : []))),
      ),
    ],
  };
}

async function runtimeUpload({ runtime, hashFile }: MachineOptions): Promise<RuntimeUpload> {
  const source = runtime!;
  return { key: runtimeKey(source), path: source.path, ...(await hashFile({ path: source.path, within: undefined })) };
}

function summary(
  wanted: WantedProgram,
  plan: ProgramPlan,
  survey: ProgramSurvey,
  choice: RuntimeChoice,
): MachineProgram {
  const surveyed = survey.programs.get(wanted.id)!;
  const isBuilt = plan.operations.length === 0 && surveyed.built === buildStamp(wanted.program, wanted.entries);
  return {
    wanted,
    sent: plan.written.length,
    skipped: plan.unchanged,
    bytes: filesToSend([plan], survey).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    nodeFolder: needsNode(wanted.program) && choice.use === 'ours' ? choice.folder : undefined,
    searchPath: survey.searchPath,
    built: isBuilt ? { said: surveyed.buildSaid } : undefined,
  };
}

function requireTools(machine: string, { tools }: ProgramSurvey): void {
  const missing = [
    ...(tools.has('tar') ? [] : ['tar']),
    ...(tools.has('sha256sum') || tools.has('shasum') ? [] : ['sha256sum']),
  ];
  if (missing.length === 0) return;
  throw new EnvironmentError(
    say`${machine} lacks ${missing.join(say` and `)}, without which no program can be put there`,
    { code: 'machine-tool-missing', hint: say`Install the packages tar and coreutils on ${machine}.` },
  );
}

function progressNotes(machine: string, { progress }: MachineOptions): (sentBytes: number, totalBytes: number) => void {
  let lastMs = 0;
  return (sentBytes, totalBytes) => {
    if (totalBytes < LARGE_BYTES || performance.now() - lastMs < NOTE_EVERY_MS) return;
    lastMs = performance.now();
    progress(say`${machine}: ${sayBytes(sentBytes)} of ${sayBytes(totalBytes)}`);
  };
}

async function tellOfUserFiles(machine: string, { kept, stayed }: Installed, events: EventSink): Promise<void> {
  for (const { program, path, backup } of kept) {
    const file = `${machine}: ~/lab/${program}/${path}`;
    const message = say`${file} was not as we left it; it is now as on this host, and what was there is kept as ${backup}`;
    await events.emit({
      kind: 'notice',
      level: 'warning',
      message,
      hint: say`Make changes on this host, not on the machine.`,
    });
  }
  for (const { program, path } of stayed) {
    const file = `${machine}: ~/lab/${program}/${path}`;
    const message = say`${file} no longer belongs to the program, but was edited there; it stays`;
    await events.emit({
      kind: 'notice',
      level: 'warning',
      message,
      hint: say`Remove it by hand when you no longer need it.`,
    });
  }
}

/** `edited-20261122-140305`, local time. */
function backupSuffix(): string {
  const now = new Date();
  const date = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map(twoDigits).join('');
  return `edited-${date}-${[now.getHours(), now.getMinutes(), now.getSeconds()].map(twoDigits).join('')}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

function neverSettles(machine: string): never {
  throw new EnvironmentError(say`${machine}: the files in ~/.lab/cas change while we use them`, {
    code: 'deploy-unsettled',
    hint: say`Another lab may deploy to the same account right now. Run the command again when it has ended.`,
  });
}
