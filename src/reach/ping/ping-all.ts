import { withCleanup, type CleanupStack } from '../../core/cleanup.ts';
import { messageOf } from '../../core/errors.ts';
import { say } from '../../core/language/say.ts';
import { Slots } from '../../core/slots.ts';
import { unlessAborted } from '../../core/time/time-limit.ts';
import type { Shell } from '../../ssh/shell.ts';
import { openCommandAsker } from './command-asker.ts';
import { openAsker, type EchoAsker } from './echo-asker.ts';
import { type Meeting, type Question } from './ping-plan.ts';
import type { PingedPair } from './ping-report.ts';

export interface PingMeans {
  /** By machine, of those that can be asked. */
  readonly shells: ReadonlyMap<string, Shell>;
  /** Why the others cannot. */
  readonly silent: ReadonlyMap<string, string>;
  /** How many echoes each address is asked for. */
  readonly count: number;
  readonly signal: AbortSignal;
}

export interface PingResult {
  readonly pairs: readonly PingedPair[];
  readonly silent: ReadonlyMap<string, string>;
}

/** More would only wait for each other. */
const BEGINNING_AT_ONCE = 32;
/** Pairs of machines that ask each other at one moment. */
const MEETINGS_AT_ONCE = 200;
/**
 * All machines of a host share one table of neighbours, with room for 1024 (gc_thresh3 of arp(7)): where there are more
 * than so many pairs on one network, they are forgotten as soon as they have answered each other.
 */
const MOST_REMEMBERED = 150;

/**
 * Lets every two machines ask each other for echoes, in parallel. A machine that cannot ask is reported, not an error.
 *
 * @throws the reason of `signal`.
 */
export async function pingAll(meetings: readonly Meeting[], means: PingMeans): Promise<PingResult> {
  return withCleanup(async (cleanup) => {
    const silent = new Map(means.silent);
    const askers = await openAskers(means, silent, cleanup);
    const forgets = meetings.filter(({ areNeighbours }) => areNeighbours).length > MOST_REMEMBERED;
    const slots = new Slots(MEETINGS_AT_ONCE);
    const answers = meetings.map(async (meeting) => {
      await slots.take(means.signal);
      try {
        return await hold(meeting, { askers, silent, count: means.count, forgets });
      } finally {
        slots.release();
      }
    });
    const pairs = await unlessAborted(Promise.all(answers), means.signal);
    return { pairs: pairs.flat(), silent };
  });
}

async function openAskers(
  { shells, signal }: PingMeans,
  silent: Map<string, string>,
  cleanup: CleanupStack,
): Promise<ReadonlyMap<string, EchoAsker>> {
  const askers = new Map<string, EchoAsker>();
  cleanup.add(say`end what asks for echoes`, () => askers.forEach((asker) => asker.close()));
  const beginning = new Slots(BEGINNING_AT_ONCE);
  await unlessAborted(
    Promise.all(
      [...shells].map(async ([name, shell]) => {
        await beginning.take(signal);
        try {
          const asker = (await openAsker(shell)) ?? (await openCommandAsker(shell, signal));
          if (asker === undefined) silent.set(name, say`has neither Perl nor ping, one of which lab needs there`);
          else askers.set(name, asker);
        } catch (error) {
          signal.throwIfAborted();
          silent.set(name, messageOf(error));
        } finally {
          beginning.release();
        }
      }),
    ),
    signal,
  );
  return askers;
}

interface Holding {
  readonly askers: ReadonlyMap<string, EchoAsker>;
  readonly silent: Map<string, string>;
  readonly count: number;
  readonly forgets: boolean;
}

async function hold(meeting: Meeting, holding: Holding): Promise<PingedPair[]> {
  const { questions, areNeighbours, machines } = meeting;
  if (!holding.forgets || !areNeighbours) return askAll(questions, holding);
  // The second has learnt from the first where it is: half of the questions to all of the network are spared.
  const pairs = [];
  for (const name of machines)
    pairs.push(
      ...(await askAll(
        questions.filter(({ from }) => from === name),
        holding,
      )),
    );
  forgetEach(questions, holding.askers);
  return pairs;
}

async function askAll(questions: readonly Question[], { askers, silent, count }: Holding): Promise<PingedPair[]> {
  const answers = questions.map(async (question): Promise<PingedPair[]> => {
    const asker = askers.get(question.from);
    if (asker === undefined || silent.has(question.from)) return [];
    try {
      return [{ ...question, ...(await asker.ask(question.address, count)) }];
    } catch (error) {
      silent.set(question.from, messageOf(error));
      return [];
    }
  });
  return (await Promise.all(answers)).flat();
}

function forgetEach(questions: readonly Question[], askers: ReadonlyMap<string, EchoAsker>): void {
  for (const [from, asked] of Map.groupBy(questions, (question) => question.from))
    askers.get(from)?.forget(asked.map(({ address }) => address));
}
