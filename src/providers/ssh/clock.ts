import { TimeoutError } from '../../core/errors.ts';
import { scriptFile } from '../../core/files/script-file.ts';
import type { Shell } from '../../ssh/shell.ts';
import type { ClockFacts } from '../provider.ts';

const clockScript = scriptFile(new URL('clock.sh', import.meta.url));

/** The quickest of so many exchanges is the least disturbed. */
const EXCHANGES = 4;
/** On a long road the doubt is large anyway, and each exchange takes its time: two have to do. */
const LONG_ROAD_MS = 50;
const CLOCK_TIMEOUT_MS = 10_000;

/**
 * Compares the clock of a machine with ours. Each exchange gives the time there between two times here; half of what
 * lies between them is the doubt. Undefined when the machine cannot tell the time.
 */
export async function measureClock(shell: Shell, signal: AbortSignal): Promise<ClockFacts | undefined> {
  const samples: ClockFacts[] = [];
  let sentMs = 0;
  let answered = Promise.withResolvers<void>();
  async function* questions(): AsyncGenerator<Uint8Array> {
    for (let count = 0; count < EXCHANGES; count++) {
      if (count >= 2 && samples.every(({ roundTripMs }) => roundTripMs > LONG_ROAD_MS)) return;
      answered = Promise.withResolvers<void>();
      sentMs = performance.now();
      yield Buffer.from('\n');
      await answered.promise;
    }
  }
  let text = '';
  const onOutput = (stream: 'stdout' | 'stderr', chunk: Uint8Array): void => {
    if (stream === 'stderr') return;
    const receivedMs = performance.now();
    text += Buffer.from(chunk).toString();
    if (!text.endsWith('\n')) return;
    const sample = sampleOf(Number(text.trim()) * 1000, sentMs, receivedMs);
    if (sample !== undefined) samples.push(sample);
    text = '';
    answered.resolve();
  };
  const done = shell.exec(
    { script: clockScript() },
    { input: questions(), onOutput, signal, timeoutMs: CLOCK_TIMEOUT_MS, endsByItself: true },
  );
  try {
    await done;
  } catch (error) {
    // A machine that is too busy to tell the time may still do all else.
    if (!(error instanceof TimeoutError)) throw error;
  } finally {
    answered.resolve();
  }
  return samples.toSorted((a, b) => a.roundTripMs - b.roundTripMs)[0];
}

/** Times of ours are on the monotonic clock, which a correction of the wall clock in between does not move. */
function sampleOf(remoteMs: number, sentMs: number, receivedMs: number): ClockFacts | undefined {
  if (!Number.isFinite(remoteMs) || remoteMs <= 0) return undefined;
  const middleMs = performance.timeOrigin + (sentMs + receivedMs) / 2;
  return { offsetMs: round(remoteMs - middleMs), roundTripMs: round(receivedMs - sentMs) };
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
