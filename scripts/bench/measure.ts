import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** One whole command, timed from its start to its end by the clock on the wall. */
export interface Timed {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Before each run, untimed. */
  readonly prepare?: () => unknown;
  /** After each run, untimed. */
  readonly restore?: () => unknown;
  /** The seconds that the command itself tells on standard output, where its whole time holds more than the work in question. */
  readonly elapsed?: (stdout: string) => number;
}

export interface Benchmark {
  readonly name: string;
  /** What the median has to reach, in words. */
  readonly bar: string;
  /** Packages of the peer. */
  readonly packages?: readonly string[];
  /** What else is not there, and how to get it. */
  readonly missing?: () => string | undefined;
  readonly run: () => Promise<{
    readonly commands: readonly Timed[];
    readonly rounds?: number;
    readonly note?: () => string;
    readonly end?: () => void;
  }>;
}

export interface Figures {
  readonly name: string;
  readonly seconds: readonly number[];
  readonly median: number;
}

/** Runs the commands in turn, A B A B …, so that a change in the machine's speed meets all of them alike; the first round is not counted. */
export async function inTurn(commands: readonly Timed[], rounds: number): Promise<Figures[]> {
  const seconds = commands.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [index, command] of commands.entries()) {
      await command.prepare?.();
      const taken = await timeOf(command);
      await command.restore?.();
      if (round > 0) seconds[index]!.push(taken);
    }
  }
  return commands.map(({ name }, index) => ({ name, seconds: seconds[index]!, median: median(seconds[index]!) }));
}

async function timeOf({ command, env = {}, name, elapsed }: Timed): Promise<number> {
  const [file = '', ...args] = command;
  const started = performance.now();
  const child = spawn(file, args, {
    env: { ...process.env, BENCH_START: String(Date.now() / 1000), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ]);
  const taken = (performance.now() - started) / 1000;
  if (status !== 0) throw new Error(`${name} failed with status ${status}:\n${stdout}${stderr}`);
  return elapsed ? elapsed(stdout) : taken;
}

/** Of a command that prints `elapsed N`. */
export function printedSeconds(stdout: string): number {
  return Number(/elapsed ([\d.]+)/.exec(stdout)?.[1]);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
