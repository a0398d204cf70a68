import type { StepProblem } from '../../core/step-problem.ts';
import type { CaptureReading } from '../../packets/capture-reading.ts';
import { misfitsOf, type PacketExpectation } from '../packets/packet-look.ts';

/** A step that is said to have passed, and cannot have. */
export interface RefutedStep {
  /** From 0. */
  readonly index: number;
  readonly problem: Pick<StepProblem, 'expected' | 'seen'>;
}

/** A `tcp` or `udp` step that passed. */
export interface PassedLook {
  /** From 0. */
  readonly index: number;
  readonly expectation: PacketExpectation;
  /** When it passed, milliseconds since the Unix epoch. */
  readonly wallMs: number;
}

/**
 * What the packets say against a `tcp` or `udp` step that passed: what is wrong with it in each of these readings of the capture,
 * which end at different moments. Undefined when it fits one of them.
 */
export function refutedByPackets(
  { index, expectation }: PassedLook,
  readings: readonly CaptureReading[],
): RefutedStep | undefined {
  const findings = readings.map((reading) => misfitsOf(expectation, reading));
  const last = findings.at(-1);
  if (last === undefined || findings.some(({ length }) => length === 0)) return undefined;
  const problems = last.map(({ wanted, found }) => ({ wanted, found }));
  const expected = { kind: 'packets', wishes: problems.map(({ wanted }) => wanted) } as const;
  return { index, problem: { expected, seen: { kind: 'packets', problems } } };
}
