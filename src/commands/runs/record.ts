import { addressesOf } from '../../core/lab-description.ts';
import { basename } from 'node:path';
import { CheckError, InterruptedError, UsageError } from '../../core/errors.ts';
import type { Event, EventSink } from '../../core/events.ts';
import { say } from '../../core/language/say.ts';
import { addScenario, scenarioYaml } from '../../lab/add-scenario.ts';
import { checkLabText } from '../../lab/load-lab.ts';
import { fileLabelRule } from '../../lab/fields/rules.ts';
import { readLabFile } from '../../lab/yaml/read-lab-file.ts';
import type { Lab, Program } from '../../lab/types.ts';
import { parseScenarios, scenarioOf } from '../../scenario/parse.ts';
import type { ProgramLook } from '../../core/program-look.ts';
import { languageOfUser } from '../../report/language/languages.ts';
import { ScenarioProposal, type TypedLine } from '../../scenario/propose.ts';
import { stepOfAction, stepYaml, type StepData } from '../../scenario/step-data.ts';
import { rewriteFile } from '../../state/files/storage.ts';
import type { CommandContext } from '../../session/context.ts';
import { canDraw, enterOwnScreen } from '../../seats/own-screen.ts';
import { MASK } from '../../core/text/mask.ts';
import { playSeries, type RunResult } from '../../evidence/play-series.ts';
import { openSession } from '../../session/open-session.ts';
import { Session } from '../../session/session.ts';
import { isPrompt, SplitDesk } from '../../seats/split-desk.ts';

export interface RecordOptions {
  /** Name of the new scenario. */
  readonly name: string;
  /** Add it to the lab file. */
  readonly write: boolean;
  /** As in `RunOptions`. */
  readonly capture?: boolean;
  readonly maxOutputBytes?: number | undefined;
}

export interface RecordResult {
  readonly scenario: string;
  /** The run that was stored while the user played. */
  readonly run: string;
  readonly steps: readonly StepData[];
  /** Lines that were typed and that no program has read; no step sends them. */
  readonly unread: readonly TypedLine[];
  /** The scenario as it stands, or would stand, in the lab file. */
  readonly yaml: string;
  /** Absolute path of the lab file, if the scenario was added to it. */
  readonly file: string | undefined;
}

/**
 * Starts all programs of the lab, those that listen first, and lets the user play all sides at one terminal; what was
 * done becomes a scenario. It ends when all programs have ended, or when the user has had enough.
 *
 * @throws {UsageError} when there is no terminal, the name is taken or not legal, or the lab has no programs. @throws
 * as `run` does; what kept a program from its start.
 */
export async function record(
  context: CommandContext,
  { name, write, ...options }: RecordOptions,
): Promise<RecordResult> {
  const { terminal } = context;
  if (terminal.stdin.isTTY !== true || terminal.stdout.isTTY !== true) {
    throw new UsageError(say`a session is recorded at a terminal`, {
      code: 'no-terminal',
      hint: say`Run "lab record" in a terminal, without a pipe.`,
    });
  }
  if (!canDraw(terminal))
    throw new UsageError(say`this terminal calls itself "dumb": both sides of a session cannot be drawn on it`, {
      code: 'no-terminal',
      hint: say`Say what it is, for example TERM=xterm-256color, or sit at one side:  lab run --as PROGRAM`,
    });
  const { providers, lab: readLab } = openSession(context);
  const { lab } = await readLab();
  refuseName(lab, name);
  const programs = inOrderOfStart(lab);
  const proposal = new ScenarioProposal(numbersOf(lab), (role, line) => isPromptOf(lab, role, line));
  const enough = new AbortController();
  const desk = new SplitDesk(
    terminal,
    programs.map(({ name: role, on, prompt }) => ({ role, machine: on, prompt })),
    {
      leave() {
        proposal.finish();
        enough.abort(new InterruptedError('SIGINT'));
      },
      looked(role, { entry }) {
        if (entry !== undefined) proposal.noteEntry(role, entry === 'keys');
      },
    },
  );
  const watched: CommandContext = {
    ...context,
    events: withListener(context.events, (event) => proposal.take(event)),
    signal: AbortSignal.any([context.signal, enough.signal]),
  };
  const starts = programs.map(({ name: role }) => stepOfAction({ kind: 'opened', role }));
  const result = await playSeries(new Session({ context: watched, providers, lab: readLab }), {
    scenario: undefined,
    times: 1,
    ...options,
    improvise: () => scenarioOf(lab, name, starts),
    async seats(_played, _session, cleanup) {
      const leave = await enterOwnScreen(terminal);
      cleanup.add(say`give the terminal back`, leave);
      desk.open();
      cleanup.add(say`read no more keys`, () => desk.close());
      return desk.seats();
    },
  });
  refuseFailure(result);
  const { steps, sends, unread, hidden } = proposal.proposed(desk.unread);
  const typed: Typed = { sends, unread, held: desk.held };
  if (sends === 0 && (unread.length > 0 || typed.held !== '')) throw nothingRead(typed, lab, desk.looks);
  await tellUnread(typed, context.events);
  await tellHidden(hidden, context.events);
  if (write) await writeScenario(context, name, steps);
  return {
    scenario: name,
    run: result.runs[0]!.run,
    steps,
    unread,
    yaml: scenarioYaml(name, steps.map(stepYaml), 2),
    file: write ? context.labFile : undefined,
  };
}

function refuseName(lab: Lab, name: string): void {
  const fault = fileLabelRule(name);
  if (fault !== undefined)
    throw new UsageError(say`the name of a scenario ${fault.message}`, { code: 'wrong-name', hint: fault.hint });
  if (lab.scenarios.has(name))
    throw new UsageError(say`${basename(lab.file)} has a scenario "${name}" already`, {
      code: 'scenario-exists',
      hint: say`Give another name:  lab record NAME`,
    });
}

/** A server has to listen before its client connects. */
function inOrderOfStart({ programs, file }: Lab): Program[] {
  const all = [...programs.values()].filter(({ service }) => service === undefined);
  if (all.length === 0)
    throw new UsageError(say`${basename(file)} has no programs`, {
      code: 'no-programs',
      hint: say`Add them under "programs:"; "lab init --template tp1" shows how.`,
    });
  return [...all.filter(({ listens }) => listens.length > 0), ...all.filter(({ listens }) => listens.length === 0)];
}

/** Numbers that the lab file fixes: what programs show of them is the same each time. */
function numbersOf({ programs, machines }: Lab): string[] {
  const words = [...programs.values()].flatMap(({ command, listens }) =>
    command.concat(listens.map(({ port }) => String(port))),
  );
  const addresses = [...machines.values()].flatMap(addressesOf);
  return [...words, ...addresses].flatMap((text) => text.match(/\d+/g) ?? []);
}

function isPromptOf({ programs }: Lab, role: string, line: string): boolean {
  const prompt = programs.get(role)?.prompt;
  return prompt !== undefined && isPrompt(prompt, line);
}

/** What the user typed, and what became of it. */
interface Typed {
  /** How many lines were read. */
  readonly sends: number;
  readonly unread: readonly TypedLine[];
  /** What was not even given to a program, as a person reads it. */
  readonly held: string;
}

/** A scenario that sends nothing of what was typed is not what the user has played. */
function nothingRead(typed: Typed, { programs, machines }: Lab, looks: ReadonlyMap<string, ProgramLook>): CheckError {
  const names = Object.fromEntries(
    [...machines.values()].flatMap((machine) => addressesOf(machine).map((address) => [address, machine.name])),
  );
  const doing = [...programs.keys()].flatMap((role) => {
    const look = looks.get(role);
    return look === undefined ? [] : (languageOfUser().failure.doing(role, look, names) ?? []);
  });
  return new CheckError(say`no program has read what was typed: ${textOf(typed)}`, {
    code: 'nothing-read',
    hint: say`There is no scenario to propose. Type when a program reads its keyboard: the desk goes there by itself.`,
    ...(doing.length === 0 ? {} : { detail: doing.join('\n') }),
  });
}

async function tellUnread(typed: Typed, events: EventSink): Promise<void> {
  if (typed.unread.length === 0 && typed.held === '') return;
  const message = say`no program has read ${textOf(typed)}: the scenario does not send it`;
  await events.emit({ kind: 'notice', level: 'warning', message });
}

async function tellHidden(roles: readonly string[], events: EventSink): Promise<void> {
  if (roles.length === 0) return;
  const message = say`what was typed unseen at ${roles.join(say` and `)} (a password) is not kept: the scenario has ${MASK}`;
  await events.emit({ kind: 'notice', level: 'warning', message, hint: say`Write it in place of ${MASK}.` });
}

function textOf({ unread, held }: Typed): string {
  const lines = unread.map(({ role, line }) => say`${JSON.stringify(line)} (typed at ${role})`);
  return [...lines, ...(held === '' ? [] : [say`${JSON.stringify(held)} (typed ahead)`])].join(', ');
}

function withListener(events: EventSink, listener: (event: Event) => void): EventSink {
  return {
    emit(body) {
      // Events of a run have their time already: the same instant for all listeners.
      if ('at' in body) listener(body as Event);
      return events.emit(body);
    },
  };
}

/** A program that could not be started is no session. That the user stopped is one. */
function refuseFailure({ result, firstFailure }: RunResult): void {
  if (result === 'passed' || result === 'interrupted') return;
  throw firstFailure?.play.error ?? new CheckError(say`the session broke off`, { code: 'record-failed' });
}

async function writeScenario(
  { labFile, overrides, providers }: CommandContext,
  name: string,
  steps: readonly StepData[],
): Promise<void> {
  // Read again: the user may have changed it while playing.
  const { text, problem } = await readLabFile(labFile);
  const added = addScenario(text, name, steps.map(stepYaml));
  const checked = await checkLabText(added, labFile, providers.names, overrides);
  const found = 'lab' in checked ? parseScenarios(checked.lab).problems : checked.problems;
  const fault = problem ?? found[0];
  if (fault !== undefined) {
    throw new UsageError(say`the scenario cannot be added to ${basename(labFile)}: ${fault.message}`, {
      code: 'cannot-add',
      hint: say`Add it by hand:`,
      detail: scenarioYaml(name, steps.map(stepYaml), 2),
    });
  }
  await rewriteFile(labFile, added);
}
