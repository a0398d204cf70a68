import type { ConnectionAttempt, WatchedAttempts } from '../../core/connection-attempt.ts';
import { inTime } from '../../core/time/time-limit.ts';
import type { NetfilterChannel, OpenNetfilter } from '../../packets/netfilter-channel.ts';
import { attemptsIn, countQuestions, refusalIn, startCounting, stopCounting } from './attempt-table.ts';

/** A machine that takes longer for one answer is watched no more. */
const PATIENCE_MS = 5000;

/** The connection attempts of a run, counted on its machines. */
export interface AttemptSource {
  /** Resolves when all machines count that can. Never rejects. */
  ready(): Promise<void>;
  /** What was counted so far. A machine that cannot say is left out. Never rejects. */
  read(): Promise<WatchedAttempts>;
}

/**
 * Counts on all machines, from now on, what they try to reach. A machine that has no nftables, or lets nobody at it, is
 * not watched, and nothing is claimed of it.
 */
export class AttemptWatch implements AttemptSource {
  readonly #abandoned = new AbortController();
  readonly #signal: AbortSignal;
  readonly #watching: Promise<readonly MachineWatch[]>;
  #turn: Promise<unknown> = Promise.resolve();

  /** Begins at once. `ways`: by name of the machine. */
  constructor(ways: ReadonlyMap<string, OpenNetfilter>, signal: AbortSignal) {
    this.#signal = AbortSignal.any([signal, this.#abandoned.signal]);
    this.#watching = this.#begin(ways);
  }

  async ready(): Promise<void> {
    await this.#watching;
  }

  async read(): Promise<WatchedAttempts> {
    const reading = this.#turn.then(() => this.#ask());
    this.#turn = reading;
    return reading;
  }

  /** What was counted; then nothing is any more. Never rejects. */
  async end(): Promise<WatchedAttempts> {
    const seen = await this.read();
    await Promise.all((await this.#watching).map((watch) => this.#soon(watch.stop())));
    this.#abandoned.abort();
    return seen;
  }

  async #begin(ways: ReadonlyMap<string, OpenNetfilter>): Promise<readonly MachineWatch[]> {
    const begun = await Promise.all(
      [...ways].map(([machine, open]) => this.#soon(beginWatch(machine, open, this.#signal))),
    );
    return begun.filter((watch) => watch !== undefined);
  }

  async #ask(): Promise<WatchedAttempts> {
    const counted = await Promise.all(
      (await this.#watching).map(async ({ machine, read }) => ({ machine, attempts: await this.#soon(read()) })),
    );
    const known = counted.filter(({ attempts }) => attempts !== undefined);
    return { machines: known.map(({ machine }) => machine), attempts: known.flatMap(({ attempts }) => attempts!) };
  }

  /** The result, or nothing when it cannot be had in time. */
  async #soon<T>(work: Promise<T>): Promise<T | undefined> {
    return inTime(work, { limitMs: PATIENCE_MS, late: tooLate, signal: this.#signal }).catch(() => undefined);
  }
}

function tooLate(): Error {
  return new Error('no answer in time');
}

interface MachineWatch {
  readonly machine: string;
  readonly read: () => Promise<ConnectionAttempt[] | undefined>;
  readonly stop: () => Promise<void>;
}

async function beginWatch(
  machine: string,
  open: OpenNetfilter,
  signal: AbortSignal,
): Promise<MachineWatch | undefined> {
  const channel = await open(signal);
  if (refusalIn(await channel.ask(startCounting({ userId: channel.userId }))) !== 0) {
    channel.close();
    return undefined;
  }
  return { machine, read: () => readCounts(machine, channel), stop: () => stopWatch(channel) };
}

async function readCounts(machine: string, channel: NetfilterChannel): Promise<ConnectionAttempt[] | undefined> {
  const answers: Buffer[] = [];
  for (const question of countQuestions()) answers.push(await channel.ask(question));
  return attemptsIn(machine, answers);
}

async function stopWatch(channel: NetfilterChannel): Promise<void> {
  try {
    await channel.ask(stopCounting());
  } finally {
    channel.close();
  }
}
