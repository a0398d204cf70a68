import { UsageError } from '../../../core/errors.ts';
import { say } from '../../../core/language/say.ts';
import type { CommandContext } from '../../../session/context.ts';
import { defineCommand } from '../../command/define-command.ts';
import { flag, several, value } from '../../command/parameters.ts';
import { loggedThing, role } from '../../command/value-types.ts';
import { outcome, type Outcome } from '../../outcome.ts';
import { formatRuns } from '../../show/runs-table.ts';

export const logsCommand = defineCommand({
  name: 'logs',
  group: 'scenarios',
  needsLab: true,
  summary: say`what the terminals of a run showed, or what services print`,
  details: [
    say`A name of a service means the service, all others a run.`,
    say`Of a service it shows when it printed each line, by the clock of its machine; its machine keeps the last one to two megabytes.`,
    say`After "logs", -f follows; a lab file is named by --file, or before: lab -f FILE logs.`,
  ].join(' '),
  arguments: {
    of: several(loggedThing, say`services; or a run, by its name or the start of it (default: the last one)`),
  },
  options: {
    role: value(role, say`only the terminal of this program`),
    packets: flag(say`what went over the network: TCP, UDP, ICMP and ARP, as diagrams of their packets`),
    tcp: flag(say`what TCP did, as a diagram of its packets`),
    list: flag(say`list all stored runs, as "lab runs" does`),
    follow: flag(say`go on with what services print, until ^C (default: all services)`, 'f'),
  },
  examples: [
    { words: 'logs', does: say`the last run, both terminals in order` },
    { words: 'logs --packets', does: say`its connections, its datagrams, and what was lost or refused` },
    { words: 'logs --tcp', does: say`handshake, data and close of its connections` },
    { words: 'logs --role server', does: say`only the server's terminal` },
    { words: 'logs web', does: say`what the service web has printed` },
    { words: 'logs -f', does: say`follow all services` },
  ],
  run: async ({ context, global, arguments: { of }, options }) => {
    if (options.list) {
      const { storedRuns } = await import('../../../commands/runs/runs.ts');
      const list = await storedRuns(context);
      return outcome(list, formatRuns(list));
    }
    if (options.follow) return follow(context, of, global.json);
    const isAboutRun = options.tcp || options.packets || options.role !== undefined || of.length === 0;
    if (!isAboutRun && (of.length > 1 || (await isService(context, of)))) {
      const { serviceLogs } = await import('../../../commands/services/service-logs.ts');
      return outcome(await serviceLogs(context, { services: of, collect: global.json }), '');
    }
    const [run] = of;
    if (of.length > 1)
      throw new UsageError(say`these options are about one run, not ${of.length}`, {
        code: 'extra-argument',
        hint: say`Name one run, or leave the options out for services.`,
      });
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

async function isService(context: CommandContext, names: readonly string[]): Promise<boolean> {
  const { areServices } = await import('../../../commands/services/service-logs.ts');
  return areServices(context, names);
}

async function follow(context: CommandContext, names: readonly string[], json: boolean): Promise<Outcome> {
  if (json)
    throw new UsageError(say`--json is one document, and --follow has no end`, {
      code: 'follow-json',
      hint: say`Leave out one of the two: "lab --json logs NAME" has the lines so far.`,
    });
  const { followServices } = await import('../../../commands/services/service-logs.ts');
  return outcome(await followServices(context, names), '');
}
