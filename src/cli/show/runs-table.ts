import type { RunEntry, RunsResult } from '../../commands/runs/runs.ts';
import { formatBytes, formatDuration } from '../../core/text/amounts.ts';
import { counted } from '../../core/language/say.ts';
import { dateAndTime } from '../../core/time/clock-time.ts';
import { oneLine } from '../../report/run/words.ts';
import { table } from './table.ts';

/** Stored runs, newest first; below them what is wrong with those that are damaged, and how many are not listed. */
export function formatRuns({ runs, stored }: RunsResult): string {
  if (runs.length === 0) return 'No run is stored yet. Play one: lab run\n';
  const problems = runs.flatMap(({ problem }) => (problem === undefined ? [] : [`${oneLine(problem)}\n`]));
  const more = stored - runs.length;
  return [
    table([['RUN', 'WHEN', 'SCENARIO', 'RESULT', 'TIME', 'SIZE'], ...runs.map(row)]),
    ...problems,
    ...(more > 0 ? [`${counted(more, 'older run')} not listed: lab runs --limit ${stored}\n`] : []),
  ].join('');
}

function row({ run, startedAt, scenario, result, durationMs, sizeBytes, latest, signed, problem }: RunEntry): string[] {
  return [
    run,
    startedAt === undefined ? '?' : dateAndTime(Date.parse(startedAt)),
    scenario === undefined ? '?' : oneLine(scenario),
    resultWord(result, problem),
    durationMs === undefined ? '' : formatDuration(durationMs),
    sizeBytes === undefined ? '?' : formatBytes(sizeBytes),
    [latest ? 'latest' : '', signed ? 'signed' : ''].filter((word) => word !== '').join(', '),
  ];
}

function resultWord(result: RunEntry['result'], problem: string | undefined): string {
  if (problem !== undefined) return 'damaged';
  return result === 'broken' ? 'broken off' : (result ?? 'unfinished');
}
