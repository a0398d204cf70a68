import { readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { scriptFile } from '../../core/files/script-file.ts';
import { tellsOfTooLong } from '../../core/text/too-long-datagram.ts';
import type { ProgramHint } from '../../core/program-hint.ts';
import type { StepProblem } from '../../core/step-problem.ts';
import { withoutAnswer } from './folder-command.ts';
import { hiddenCommand } from './hidden-command.ts';
import { limitMet } from './limit-met.ts';
import type { PlayContext } from '../playing/play-context.ts';
import { otherNames, programHint, type EndedProgram } from './program-hints.ts';
import type { ProgramTerminal } from '../playing/program-terminal.ts';

const foundCommands = scriptFile(new URL('found-commands.sh', import.meta.url));
const LOOK_TIMEOUT_MS = 5000;
const LAST_LINES = 40;
/** A program that goes on has said no more since than its prompt. */
const LAST_WORDS = 5;
/** Characters that are no ASCII, of which UTF-8 makes several bytes. */
const BEYOND_ASCII = /[^\0-\x7f]/;

/**
 * The problem with the advice that the program's own last words give, where a program that ended is behind it and
 * nothing better is advised.
 */
export async function withOwnWords(problem: StepProblem, play: PlayContext): Promise<StepProblem> {
  const { hint } = problem;
  if (hint !== undefined && hint.kind !== 'command-not-found') return problem;
  const found = unreadable(problem, play) ?? (await adviceOfEnded(problem, play)) ?? tooLong(play);
  return found === undefined ? problem : { ...problem, hint: found };
}

/** A text with accents cannot be found in output that is decoded as what it is not. */
function unreadable({ expected, role }: StepProblem, play: PlayContext): ProgramHint | undefined {
  if ((expected.kind !== 'text' && expected.kind !== 'prompt') || !BEYOND_ASCII.test(expected.pattern))
    return undefined;
  const byte = role === undefined ? undefined : play.terminals.get(role)?.oddByte;
  if (role === undefined || byte === undefined) return undefined;
  return { kind: 'not-utf8', role, byte: byte.toString(16).toUpperCase().padStart(2, '0') };
}

/** What was never sent is waited for in vain by another program, and mostly the sender goes on. */
function tooLong(play: PlayContext): ProgramHint | undefined {
  const teller = [...play.terminals.values()].find(({ reader }) => reader.tail(LAST_WORDS).some(tellsOfTooLong));
  return teller && { kind: 'datagram-too-long', role: teller.role };
}

/** The cause first, then the program that the step waited for. */
async function adviceOfEnded(
  { evidence, seen, role }: StepProblem,
  play: PlayContext,
): Promise<ProgramHint | undefined> {
  const roles = [evidence?.cause?.role, 'role' in seen ? seen.role : undefined, role];
  const terminals = [...new Set(roles)].flatMap((name) => (name === undefined ? [] : (play.terminals.get(name) ?? [])));
  for (const terminal of terminals) {
    const limit = limitOf(terminal, play);
    if (limit !== undefined) return limit;
    const ended = endedProgram(terminal, play);
    const hint = ended && (hidden(ended, play) ?? programHint(ended) ?? (await interpreterMissing(ended, play)));
    if (hint !== undefined) return hint;
  }
  return undefined;
}

function limitOf({ role, machine: name, status, reader }: ProgramTerminal, play: PlayContext): ProgramHint | undefined {
  const { lab, sharesPrograms: hasDefaults = false, memoryKills } = play.stage;
  const machine = lab.machines.get(name);
  if (machine === undefined || status?.exitCode === 0) return undefined;
  const memoryWasFull = (memoryKills?.get(name)?.() ?? 0) > 0;
  return limitMet({ role, machine, hasDefaults, status, lines: reader.tail(LAST_LINES), memoryWasFull });
}

/** Machines with a system of their own miss nothing that this host has. */
function hidden(ended: EndedProgram, { stage: { lab, sharesPrograms } }: PlayContext): ProgramHint | undefined {
  return sharesPrograms === true ? hiddenCommand(ended, lab.machines.get(ended.machine)?.hostFolders ?? []) : undefined;
}

function endedProgram(
  { program, machine, status, reader }: ProgramTerminal,
  play: PlayContext,
): EndedProgram | undefined {
  if (status === undefined) return undefined;
  const { lab } = play.stage;
  const places = new Set([lab.folder, ...program.files.map((file) => dirname(file))]);
  return {
    program,
    machine,
    status,
    lines: reader.tail(LAST_LINES),
    hasSudo: lab.machines.get(machine)?.sudo !== false,
    find(name) {
      const place = [...places].find((folder) => namesIn(folder).includes(name));
      const path = place === undefined ? undefined : join(place, name);
      return path === undefined || program.files.includes(path) ? undefined : relative(lab.folder, path);
    },
  };
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Asks the machine: a command that was not found is not named where only a part of the program missed one. */
async function interpreterMissing(ended: EndedProgram, play: PlayContext): Promise<ProgramHint | undefined> {
  const others = otherNames(ended);
  if (others.length === 0) return undefined;
  const { machine, program } = ended;
  const command = program.command[0]!;
  const options = { signal: play.signal, timeoutMs: LOOK_TIMEOUT_MS, endsByItself: true };
  const answer = await play
    .shell(machine)
    .exec({ script: foundCommands(), args: [command, ...others] }, options)
    .catch(withoutAnswer);
  const there = answer?.stdout.split('\n') ?? [];
  const instead = others.find((other) => there.includes(other));
  if (instead === undefined || there.includes(command)) return undefined;
  return { kind: 'interpreter-missing', machine, command, instead };
}
