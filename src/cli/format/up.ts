import type { PlanResult } from '../../commands/lab/dry-run.ts';
import { describeRequirement } from '../../session/require-host.ts';
import type { UpResult } from '../../commands/lab/up.ts';
import { sanitize } from '../../core/text/sanitize.ts';
import { explainPort } from '../../ports/explain-port.ts';
import type { PortReport } from '../../ports/port-report.ts';
import type { Style } from '../show/style.ts';
import { describeHolder } from './ports.ts';
import { table } from './table.ts';

export function formatUp({ lab, made, newlyUp, machines, ports, scenarios }: UpResult, style: Style): string {
  const before = ` (it was already${newlyUp.length === 0 ? '' : `, except ${newlyUp.join(', ')}`})`;
  const head = `Lab ${style('bold', lab)} is ${style('green', 'up')}${made ? '' : before}.\n`;
  const rows = machines.map(({ name, user, addresses }) => [
    `  ${name}`,
    addresses.join(', '),
    `lab ssh ${name}`,
    `(as ${user})`,
  ]);
  const busy = ports.filter(({ state }) => state === 'busy');
  const warnings = busy.map(
    (report) => `${style('yellow', 'note:')} port ${report.port} on ${report.machine} ${busyWords(report)}\n`,
  );
  const next = scenarios.length === 0 ? '' : `Next: lab run${scenarios.length === 1 ? '' : ` ${scenarios[0]}`}\n`;
  return head + table(rows) + warnings.join('') + next;
}

function busyWords(report: PortReport): string {
  if (report.holders.length > 0)
    return `is held by ${report.holders.map((holder) => describeHolder(holder)).join(' and ')}`;
  return `is in use, though nobody listens: ${sanitize(explainPort(report) ?? '')}`;
}

export function formatPlan({ lab, provider, actions, changes, missing }: PlanResult, style: Style): string {
  const parts = [
    `Lab ${style('bold', lab)} with ${provider}. "lab up" would:\n`,
    ...actions.map((action) => `  ${action}\n`),
  ];
  if (changes.length > 0)
    parts.push(
      `${style('yellow', 'It would refuse')}, because machines run that differ (use --recreate):\n`,
      ...changes.map((change) => `  ${change}\n`),
    );
  if (missing.length > 0)
    parts.push(
      `${style('red', 'This host lacks')}:\n`,
      ...missing.map((requirement) => `${describeRequirement(requirement)}\n`),
    );
  return parts.join('');
}
