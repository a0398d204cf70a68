import type { RunEntry, RunsResult } from '../../commands/runs/runs.ts';
import { sayBytes, sayDuration } from '../../core/language/amounts.ts';
import { counted, say } from '../../core/language/say.ts';
import { dateAndTime } from '../../core/time/clock-time.ts';
import { oneLine } from '../../report/run/words.ts';
import { table } from './table.ts';

/** Stored runs, newest first; below them what is wrong with those that are damaged, and how many are not listed. */
export function formatRuns({ runs, stored }: RunsResult): string {
  if (runs.length === 0) return say`No run is stored yet. Play one: lab run\n`;
  const problems = runs.flatMap(({ problem }) => (problem === undefined ? [] : [`${oneLine(problem)}\n`]));
  const more = stored - runs.length;
  return [
    table([[say`RUN`, say`WHEN`, say`SCENARIO`, say`RESULT`, say`TIME`, say`SIZE`], ...runs.map(row)]),
    ...problems,
    ...(more > 0 ? [say`${counted(more, 'older run')} not listed: lab runs --limit ${stored}\n`] : []),
  ].join('');
}

function row({ run, startedAt, scenario, result, durationMs, sizeBytes, latest, signed, ...more }: RunEntry): string[] {
  return [
    run,
    startedAt === undefined ? '?' : dateAndTime(Date.parse(startedAt)),
    scenario === undefined ? '?' : oneLine(scenario),
    resultWord(result, more),
    durationMs === undefined ? '' : sayDuration(durationMs),
    sizeBytes === undefined ? '?' : sayBytes(sizeBytes),
    [latest ? say`latest` : '', signed ? say`signed` : ''].filter((word) => word !== '').join(', '),
  ];
}

function resultWord(
  result: RunEntry['result'],
  { problem, ofOtherLab }: Pick<RunEntry, 'problem' | 'ofOtherLab'>,
): string {
  if (ofOtherLab) return say`of another lab`;
  if (problem !== undefined) return say`damaged`;
  if (result === undefined) return say`unfinished`;
  return {
    running: say`running`,
    passed: say`passed`,
    failed: say`failed`,
    broken: say`broken off`,
    interrupted: say`interrupted`,
  }[result];
}
