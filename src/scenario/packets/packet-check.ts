import type { CaptureReading } from '../../packets/capture-reading.ts';
import { EnvironmentError, TimeoutError } from '../../core/errors.ts';
import { retryUntil, type Attempt } from '../../core/time/retry.ts';
import { say } from '../../core/language/say.ts';
import { StepFailure } from '../playing/step-failure.ts';
import type { PlayContext } from '../playing/play-context.ts';
import { isUnmeasured, misfitsOf, type PacketExpectation } from './packet-look.ts';
import type { PacketMisfit } from './packet-misfit.ts';

/** When nothing came for so long, all packets until now are here: "no RST" then means more than "none yet". */
const QUIET_MS = 30;
/** Where packets never cease, a wait of this length must do. */
const LONGEST_QUIET_WAIT_MS = 300;

/**
 * Checks what TCP or UDP did, on the packets so far; waits at most `timeoutMs` for those that are under way. That is no longer
 * when a user holds a keyboard: packets do not wait for people.
 *
 * @throws {StepFailure} that names the packet, as soon as no later one can change that, else at the deadline.
 * @throws {EnvironmentError} when nothing is captured, or not all: what is not in the capture proves nothing then.
 */
export async function checkPackets(
  expectation: PacketExpectation,
  timeoutMs: number,
  play: PlayContext,
): Promise<void> {
  const { packets } = play.stage;
  if (packets === undefined)
    throw new EnvironmentError(say`this run captures no packets to look at`, {
      code: 'no-capture',
      hint: say`Leave out --no-capture.`,
    });
  await packets.ready();
  if (packets.missing !== undefined)
    throw new EnvironmentError(say`there are no packets to look at: ${packets.missing}`, {
      code: 'no-capture',
      hint: say`Take the step out, or fix what is said above.`,
    });
  const began = performance.now();
  let reading: CaptureReading | undefined;
  let findings: PacketMisfit[] = [];
  const attempt = (): Attempt<true> => {
    const before = reading;
    reading = packets.reading();
    // Without a new packet the findings are those of the look before.
    if (reading !== before) findings = misfitsOf(expectation, reading);
    // Later packets may still resolve the others.
    const certain = findings.filter(({ isFinal }) => isFinal);
    if (certain.length > 0) throw failureOf(certain);
    if (packets.incomplete !== undefined) throw notMeasured(expectation, packets.incomplete);
    if (isUnmeasured(expectation, reading)) throw oneEndOnly();
    const isQuiet = packets.quietMs >= QUIET_MS || performance.now() - began >= LONGEST_QUIET_WAIT_MS;
    return findings.length === 0 && isQuiet ? { value: true } : { seen: say`not all is there` };
  };
  try {
    await retryUntil(attempt, {
      what: 'packets',
      timeoutMs,
      intervalMs: 10,
      wake: () => packets.more(),
      signal: play.signal,
    });
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    if (findings.length > 0) throw failureOf(findings, timeoutMs);
  }
}

function notMeasured({ udp }: PacketExpectation, incomplete: string): EnvironmentError {
  const message =
    udp === undefined
      ? say`what TCP did cannot be told: ${incomplete}`
      : say`what UDP did cannot be told: ${incomplete}`;
  return new EnvironmentError(message, {
    code: 'capture-incomplete',
    hint: say`"lab logs --packets" draws the packets until then.`,
  });
}

function oneEndOnly(): EnvironmentError {
  return new EnvironmentError(say`what was lost cannot be told: the datagrams were captured at one end only`, {
    code: 'capture-incomplete',
    hint: say`That takes a program of the scenario on both machines. Take "lost" and "reordered" out of the step, or send the datagrams by a program of the lab.`,
  });
}

function failureOf(findings: readonly PacketMisfit[], limitMs?: number): StepFailure {
  const problems = findings.map(({ wanted, found }) => ({ wanted, found }));
  return new StepFailure({
    expected: { kind: 'packets', wishes: problems.map(({ wanted }) => wanted) },
    seen: { kind: 'packets', problems },
    limitMs,
    hint: { kind: 'look-at-packets' },
  });
}
