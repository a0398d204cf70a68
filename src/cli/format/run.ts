import { relative } from 'node:path';
import type { RunEntry } from '../../commands/runs/logs.ts';
import type { RunResult } from '../../commands/runs/run.ts';
import { formatDuration } from '../../core/text/amounts.ts';
import { oneLine } from '../../report/run/words.ts';
import { renderFailure } from '../../scenario/render-failure.ts';
import type { Style } from '../show/style.ts';
import { table } from './table.ts';

export interface RunTextOptions {
  readonly style: Style;
  readonly cwd: string;
  /** How the lab file is named to the user, and its text. */
  readonly file: string;
  readonly source: string | undefined;
}

/** The verdict, why the first failed play failed, and where all is stored. */
export function formatRun(result: RunResult, { style, cwd, file, source }: RunTextOptions): string {
  const { firstFailure, runs, times } = result;
  const why = firstFailure === undefined ? '' : `${renderFailure(firstFailure.play, { file, source })}\n`;
  const stored = firstFailure ?? runs.at(-1);
  const where =
    stored === undefined
      ? ''
      : `${stored.incomplete ? 'What could be stored of it is' : 'Stored'} in ${relative(cwd, stored.folder)}\n`;
  return `${why}${times > 1 ? rate(result, style) : verdict(result, style)}${where}`;
}

function verdict({ scenario, result, runs }: RunResult, style: Style): string {
  const word = {
    passed: style('green', 'passed'),
    failed: style('red', 'failed'),
    broken: style('red', 'broke off'),
    interrupted: style('yellow', 'was interrupted'),
  }[result];
  return `Scenario ${style('bold', scenario)} ${word} after ${formatDuration(runs.at(-1)?.durationMs ?? 0)}.\n`;
}

function rate({ scenario, passed, failed, runs, times, passRate, firstFailure }: RunResult, style: Style): string {
  const ended = passed + failed;
  const cutShort = ended < times ? `; ${times} were planned` : '';
  const first =
    firstFailure === undefined
      ? ''
      : `The first failure was number ${runs.findIndex(({ run }) => run === firstFailure.run) + 1}.\n`;
  const colour = failed === 0 ? 'green' : 'red';
  return `Scenario ${style('bold', scenario)} ${style(colour, `passed ${passed} of ${ended} times`)} (${Number((passRate * 100).toFixed(1))} %)${cutShort}.\n${first}`;
}

export function formatRuns(runs: readonly RunEntry[]): string {
  if (runs.length === 0) return 'No run is stored yet. Play one: lab run\n';
  const rows = runs.map(({ run, scenario, result, durationMs, problem }) => [
    run,
    scenario === undefined ? '?' : oneLine(scenario),
    resultWord(result, problem),
    durationMs === undefined ? '' : formatDuration(durationMs),
  ]);
  const problems = runs.flatMap(({ problem }) => (problem === undefined ? [] : [`${oneLine(problem)}\n`]));
  return `${table([['RUN', 'SCENARIO', 'RESULT', 'TIME'], ...rows])}${problems.join('')}`;
}

function resultWord(result: RunEntry['result'], problem: string | undefined): string {
  if (problem !== undefined) return 'damaged';
  return result === 'broken' ? 'broken off' : (result ?? 'unfinished');
}
