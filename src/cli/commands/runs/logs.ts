import type { RunEntry } from '../../../commands/runs/logs.ts';
import { formatDuration } from '../../../core/text/amounts.ts';
import { oneLine } from '../../../report/run/words.ts';
import { defineCommand } from '../../command/define-command.ts';
import { flag, value } from '../../command/parameters.ts';
import { ofStoredRun } from '../../command/shared-parameters.ts';
import { role } from '../../command/value-types.ts';
import { outcome } from '../../outcome.ts';
import { table } from '../../show/table.ts';

export const logsCommand = defineCommand({
  name: 'logs',
  group: 'scenarios',
  summary: 'what the terminals of a run showed',
  arguments: { run: ofStoredRun },
  options: {
    role: value(role, 'only the terminal of this program'),
    tcp: flag('what TCP did, as a diagram of its packets'),
    list: flag('list the stored runs, newest first'),
  },
  examples: [
    { words: 'logs', does: 'the last run, both terminals in order' },
    { words: 'logs --tcp', does: 'handshake, data and close of its connections' },
    { words: 'logs --role server', does: "only the server's terminal" },
  ],
  run: async ({ context, global, arguments: { run }, options }) => {
    const { logs, listLogs } = await import('../../../commands/runs/logs.ts');
    if (options.list) {
      const list = await listLogs(context);
      return outcome(list, formatRuns(list.runs));
    }
    if (options.tcp) {
      const { tcpLog } = await import('../../../commands/runs/tcp-log.ts');
      const { formatTcpLog } = await import('../../show/tcp-log-text.ts');
      const log = await tcpLog(context, run);
      return outcome(log, formatTcpLog(log));
    }
    return outcome(await logs(context, { run, role: options.role, collect: global.json }), '');
  },
});

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
