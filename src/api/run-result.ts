import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { RunResult as SeriesResult } from '../commands/runs/run.ts';
import { gatherReport } from '../evidence/gather-report.ts';
import type { CaptureFlaw, CaptureGap } from '../core/capture-facts.ts';
import type { ToldAttempt } from '../core/connection-attempt.ts';
import type { ReportCapture, ReportConversation } from '../report/report-data.ts';
import { CAPTURE_FILE, roleFile } from '../report/run/run-files.ts';
import type { RoleDocument, RunConclusion, StepDocument } from '../report/run/run-summary.ts';
import { renderFailure, type FailureText } from '../scenario/render-failure.ts';

/** How a scenario is played. */
export interface RunOptions {
  /** Reject with a `CheckError` (`run-failed`) that says why, when it does not pass. Default: `false`. */
  readonly check?: boolean | undefined;
  /** Make the machines again before, so that nothing is left of what was done on them. Default: `false`. */
  readonly fresh?: boolean | undefined;
  /** Whether packets are captured. Default: as the lab says, or else they are. */
  readonly capture?: boolean | undefined;
  /** Values of parameters of the lab, by name, in place of their defaults. */
  readonly params?: Readonly<Record<string, string | number | boolean>> | undefined;
  /** What may be stored for each program, in bytes. Default: 16 MiB. */
  readonly maxOutputBytes?: number | undefined;
  /** Ends the run when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

/** What came of a scenario that was played. */
export interface RunResult {
  /** Name of the run: `20261123-143015-tp1`. */
  readonly run: string;
  readonly scenario: string;
  readonly passed: boolean;
  /** `failed`: a step did; `broken`: not the programs are at fault, but a machine or this host. */
  readonly result: RunConclusion;
  readonly durationMs: number;
  /** Why it did not pass, in one sentence; undefined when it did. */
  readonly reason: string | undefined;
  /** The same with the step, what was expected and seen, and the last lines of every terminal. */
  readonly explanation: string | undefined;
  /** Every step, in order, with its reason as a sentence and as data (`problem`) where it failed. */
  readonly steps: readonly StepDocument[];
  /** The programs, and how they ended. */
  readonly roles: readonly RoleDocument[];
  /** What each program's terminal showed, as plain text, by the name of the program. */
  readonly terminals: Readonly<Record<string, string>>;
  readonly packets: RunPackets;
  /** Absolute path of the folder of the run, with all its files. */
  readonly folder: string;
}

/** What was captured of a run: its TCP conversations, segment by segment. */
export interface RunPackets {
  /** Absolute path of the capture, for Wireshark; undefined when none was made. */
  readonly file: string | undefined;
  /** Why there are no conversations; undefined when there are some. */
  readonly missing: ReportCapture['missing'];
  /**
   * Every TCP connection: handshake, data and close, each segment with its flags, numbers, states of both ends and text;
   * and which programs were at its ends.
   */
  readonly conversations: readonly ReportConversation[];
  /** How many more there were than are listed. */
  readonly omitted: number;
  /** What the machines tried to reach in vain, or elsewhere than at the servers of the lab, as their kernels counted it. */
  readonly attempts: readonly ToldAttempt[];
  /** What the capture lacks. */
  readonly flaws: readonly CaptureFlaw[];
  /** Where and since when packets passed by that it lacks. */
  readonly gaps: readonly CaptureGap[];
}

/** Reads what a run left. */
export async function resultOf(series: SeriesResult, failure: FailureText): Promise<RunResult> {
  const { run, folder, durationMs, result } = series.runs[0]!;
  const { run: document, capture } = await gatherReport({ id: run, path: folder });
  const { missing, conversations, omitted, attempts, flaws, gaps } = capture;
  const shown = await Promise.all(
    document.roles.map(async ({ role }) => [role, await terminalText(join(folder, roleFile(role, 'log')))] as const),
  );
  const failed = series.firstFailure;
  return {
    run,
    scenario: series.scenario,
    passed: result === 'passed',
    result,
    durationMs,
    reason: document.reason ?? undefined,
    explanation: failed && renderFailure(failed.play, failure),
    steps: document.steps,
    roles: document.roles,
    terminals: Object.fromEntries(shown),
    packets: {
      file: missing?.kind === 'none' ? undefined : join(folder, CAPTURE_FILE),
      missing,
      conversations,
      omitted,
      attempts,
      flaws,
      gaps,
    },
    folder,
  };
}

/** Of a program that was not started there is no file. */
async function terminalText(path: string): Promise<string> {
  return text(createReadStream(path)).catch(() => '');
}
