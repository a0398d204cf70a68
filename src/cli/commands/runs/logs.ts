import { say } from '../../../core/language/say.ts';
import { defineCommand } from '../../command/define-command.ts';
import { flag, value } from '../../command/parameters.ts';
import { ofStoredRun } from '../../command/shared-parameters.ts';
import { role } from '../../command/value-types.ts';
import { outcome } from '../../outcome.ts';
import { formatRuns } from '../../show/runs-table.ts';

export const logsCommand = defineCommand({
  name: 'logs',
  group: 'scenarios',
  needsLab: true,
  summary: say`what the terminals of a run showed`,
  arguments: { run: ofStoredRun },
  options: {
    role: value(role, say`only the terminal of this program`),
    packets: flag(say`what went over the network: TCP, UDP and ICMP, as diagrams of their packets`),
    tcp: flag(say`what TCP did, as a diagram of its packets`),
    list: flag(say`list all stored runs, as "lab runs" does`),
  },
  otherOptions: () => ({
    '-f': say`"lab run" shows the terminals while they run, "lab logs" afterwards; -f names a lab file.`,
    '--follow': say`"lab run" shows the terminals while they run, "lab logs" afterwards.`,
  }),
  examples: [
    { words: 'logs', does: say`the last run, both terminals in order` },
    { words: 'logs --packets', does: say`its connections, its datagrams, and what was lost or refused` },
    { words: 'logs --tcp', does: say`handshake, data and close of its connections` },
    { words: 'logs --role server', does: say`only the server's terminal` },
  ],
  run: async ({ context, global, arguments: { run }, options }) => {
    if (options.list) {
      const { storedRuns } = await import('../../../commands/runs/runs.ts');
      const list = await storedRuns(context);
      return outcome(list, formatRuns(list));
    }
    if (options.tcp || options.packets) {
      const { tcpLog } = await import('../../../commands/runs/tcp-log.ts');
      const { formatPacketLog, formatTcpLog } = await import('../../show/tcp-log-text.ts');
      const log = await tcpLog(context, run);
      return outcome(log, (options.packets ? formatPacketLog : formatTcpLog)(log));
    }
    const { logs } = await import('../../../commands/runs/logs.ts');
    return outcome(await logs(context, { run, role: options.role, collect: global.json }), '');
  },
});
