import type { LimitName, ProgramHint } from '../../core/program-hint.ts';
import type { ProgramStatus } from '../../core/step-problem.ts';
import { DEFAULT_DISK_MIB, DEFAULT_OPEN_FILES, DEFAULT_PROCESSES } from '../../lab/defaults.ts';
import type { Machine } from '../../lab/types.ts';

/** A program, whether it has ended or not, and what is known of the limits of its machine. */
export interface LimitedProgram {
  readonly role: string;
  readonly machine: Machine;
  /** The machine has the limits that "lab help limits" names as defaults, where the lab file states none. */
  readonly hasDefaults: boolean;
  readonly status: ProgramStatus | undefined;
  /** The last lines of its terminal; 40 will do. */
  readonly lines: readonly string[];
  /** A process of the machine was ended in this run because its memory was used up. */
  readonly memoryWasFull: boolean;
}

/** What errno(3) values of a limit are called by C, Python, Node, Java, Go and shells; all of a row stand there. */
const words = {
  'open-files': [/Too many open files|\bEMFILE\b/],
  disk: [/No space left on device|\bENOSPC\b/],
  'file-size': [/File too large|File size limit exceeded|\bEFBIG\b/],
  // EAGAIN says many things: it counts with the name of what makes a process or a thread.
  processes: [
    /Resource temporarily unavailable|\bEAGAIN\b|can't start new thread|native thread/,
    /fork|thread|clone|spawn|subprocess|Popen|newosproc/i,
  ],
} as const;

/** A shell that started the program gives 128 and the number of the signal. */
const ENDED_BY_KILL = 128 + 9;
const ENDED_BY_SIZE = 128 + 25;

/**
 * The limit of its machine that a program has met: by the signal that ended it, by what lab knows, or by its last words.
 * Undefined: none that can be told.
 */
export function limitMet(program: LimitedProgram): ProgramHint | undefined {
  const { role, machine, status, lines, memoryWasFull } = program;
  const met = (limit: LimitName, amount: string | undefined, hasEnded: boolean): ProgramHint => ({
    kind: 'limit-met',
    role,
    machine: machine.name,
    limit,
    amount,
    hasEnded,
  });
  const { signal, exitCode } = status ?? {};
  if (memoryWasFull && (signal === 'KILL' || exitCode === ENDED_BY_KILL))
    return met('memory', size(machine.memoryMiB), true);
  if (signal === 'XFSZ' || exitCode === ENDED_BY_SIZE || (isUnnamed(signal) && machine.fileSizeMiB !== undefined))
    return met('file-size', size(machine.fileSizeMiB), true);
  const text = lines.join('\n');
  for (const [limit, amount] of amountsOf(program)) {
    const isSaid = amount !== undefined && words[limit].every((pattern) => pattern.test(text));
    if (isSaid) return met(limit, amount, status !== undefined);
  }
  // The shell that it started in was spared.
  return memoryWasFull ? met('memory', size(machine.memoryMiB), false) : undefined;
}

function amountsOf({ machine, hasDefaults }: LimitedProgram): (readonly [keyof typeof words, string | undefined])[] {
  const { openFiles, processes, diskMiB, fileSizeMiB, memoryMiB } = machine;
  const usual = <T>(value: T): T | undefined => (hasDefaults ? value : undefined);
  return [
    ['open-files', number(openFiles ?? usual(DEFAULT_OPEN_FILES))],
    ['file-size', size(fileSizeMiB)],
    ['disk', size(diskMiB ?? (memoryMiB === undefined ? usual(DEFAULT_DISK_MIB) : undefined))],
    ['processes', number(processes ?? usual(DEFAULT_PROCESSES))],
  ];
}

function number(value: number | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

/** As the lab file writes it. */
function size(mebibytes: number | undefined): string | undefined {
  if (mebibytes === undefined) return undefined;
  return mebibytes % 1024 === 0 ? `${mebibytes / 1024}G` : `${mebibytes}M`;
}

/** SSH has names for few signals (RFC 4254, section 6.10), and XFSZ is none of them: OpenSSH says that of all others. */
function isUnnamed(signal: string | undefined): boolean {
  return signal === 'SIG@openssh.com';
}
