import { portText } from '../../../core/listen-port.ts';
import type { PlanResult } from '../../../commands/lab/dry-run.ts';
import type { UpResult } from '../../../commands/lab/up.ts';
import { ExitCode } from '../../../core/errors.ts';
import { say } from '../../../core/language/say.ts';
import { sanitize } from '../../../core/text/sanitize.ts';
import { explainPort } from '../../../ports/port-words.ts';
import type { PortReport } from '../../../ports/port-report.ts';
import { publishedUrl } from '../../../services/published-url.ts';
import { describeRequirement } from '../../../session/require-host.ts';
import { defineCommand } from '../../command/define-command.ts';
import { flag } from '../../command/parameters.ts';
import { labParameters, withParameters } from '../../command/shared-parameters.ts';
import { outcome } from '../../outcome.ts';
import { holderWithStart } from '../../show/holder-with-start.ts';
import type { Style } from '../../show/style.ts';
import { table } from '../../show/table.ts';

export const upCommand = defineCommand({
  name: 'up',
  group: 'lab',
  summary: say`machines up, programs deployed, ports checked`,
  details: [
    say`Twice is safe and fast: what runs and fits stays.`,
    say`When it fails or is interrupted, what it made is gone again.`,
  ].join(' '),
  options: {
    dryRun: flag(say`only show what would be done`),
    recreate: flag(say`take the machines down first`),
    param: labParameters,
    offline: flag(say`download nothing, such as images of machines`),
    acceptNewHostKeys: flag(say`learn unknown SSH host keys without asking; a changed key is still an error`),
  },
  alsoCalled: ['create', 'provision', 'deploy', 'boot', 'launch'],
  otherOptions: () => ({
    '-d': say`Leave it out: "lab up" returns as soon as the machines run.`,
    '--detach': say`Leave it out: "lab up" returns as soon as the machines run.`,
  }),
  otherWords: () => say`All machines of a lab come up together:  lab up`,
  examples: [
    { words: 'up', does: say`bring the lab up` },
    { words: 'up --dry-run', does: say`see what it would do` },
    { words: 'up --recreate', does: say`after machines or networks changed in lab.yaml` },
  ],
  run: async ({ context: given, options, style }) => {
    const context = withParameters(given, options.param);
    const { dryRun, recreate, offline, acceptNewHostKeys } = options;
    const policy = { ...context, offline, acceptNewHostKeys };
    if (dryRun) {
      const { plan } = await import('../../../commands/lab/dry-run.ts');
      const result = await plan(policy, { recreate });
      const exitCode = result.missing.length > 0 ? ExitCode.environment : ExitCode.done;
      return outcome(result, formatPlan(result, style), exitCode);
    }
    const { up } = await import('../../../commands/lab/up.ts');
    const result = await up(policy, { recreate });
    return outcome(result, formatUp(result, style));
  },
});

export function formatUp(result: UpResult, style: Style): string {
  const { lab, made, newlyUp, machines, ports, services, published, scenarios } = result;
  const name = style('bold', lab);
  const isUp = style('green', say`up`);
  const before =
    newlyUp.length === 0
      ? say`Lab ${name} is ${isUp} (it was already).\n`
      : say`Lab ${name} is ${isUp} (it was already, except ${newlyUp.join(', ')}).\n`;
  const head = made ? say`Lab ${name} is ${isUp}.\n` : before;
  const rows = machines.map(({ name, user, addresses }) => [
    `  ${name}`,
    addresses.join(', '),
    `lab ssh ${name}`,
    say`(as ${user})`,
  ]);
  const busy = ports.filter(({ state }) => state === 'busy');
  const warnings = busy.map((report) => `${style('yellow', say`note:`)} ${busyWords(report)}\n`);
  const next =
    scenarios.length === 0 ? '' : `${say`Next: ${scenarios.length === 1 ? 'lab run' : `lab run ${scenarios[0]}`}`}\n`;
  return (
    head +
    table(rows) +
    services.map(serviceLine).join('') +
    published.map(publishedLine).join('') +
    warnings.join('') +
    next
  );
}

function serviceLine({ name, on, action }: UpResult['services'][number]): string {
  const words = {
    started: say`service ${name} on ${on} runs`,
    restarted: say`service ${name} on ${on} runs, started again with what has changed`,
    kept: say`service ${name} on ${on} runs (it did already)`,
    done: say`service ${name} on ${on} has ended, with exit code 0`,
  };
  return `  ${words[action]}\n`;
}

function publishedLine(one: UpResult['published'][number]): string {
  return `  ${say`${publishedUrl(one)} leads to port ${one.port} of ${one.machine}\n`}`;
}

function busyWords(report: PortReport): string {
  const { machine, holders } = report;
  const port = portText(report);
  if (holders.length > 0)
    return say`port ${port} on ${machine} is held by ${holders.map((holder) => holderWithStart(holder)).join(say` and `)}`;
  return say`port ${port} on ${machine} is in use, though nobody listens: ${sanitize(explainPort(report) ?? '')}`;
}

export function formatPlan({ lab, provider, actions, changes, missing }: PlanResult, style: Style): string {
  const parts = [
    say`Lab ${style('bold', lab)} with ${provider}. "lab up" would:\n`,
    ...actions.map((action) => `  ${action}\n`),
  ];
  if (changes.length > 0)
    parts.push(
      say`${style('yellow', say`It would refuse`)}, because machines run that differ (use --recreate):\n`,
      ...changes.map((change) => `  ${change}\n`),
    );
  if (missing.length > 0)
    parts.push(
      say`${style('red', say`This host lacks`)}:\n`,
      ...missing.map((requirement) => `${describeRequirement(requirement)}\n`),
    );
  return parts.join('');
}
