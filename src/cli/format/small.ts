import { relative } from 'node:path';
import type { DownResult } from '../../commands/lab/down.ts';
import type { GcResult } from '../../commands/lab/gc.ts';
import type { InitResult } from '../../commands/lab/init.ts';
import { countOf } from '../../core/text/amounts.ts';
import type { SshConfigResult } from '../../commands/machines/ssh-config.ts';
import type { ValidateResult } from '../../commands/lab/validate.ts';
import type { Style } from '../show/style.ts';

/** Results that are told in a line or two. */

export function formatInit({ file, steps }: InitResult, cwd: string): string {
  const wrote = `Wrote ${relative(cwd, file)}. Next:`;
  return steps.length === 0
    ? `${wrote} lab up\n`
    : `${wrote}\n\n${steps.map((step) => `${step.startsWith('#') ? '' : '  '}${step}\n`).join('')}\nThen: lab up\n`;
}

export function formatValidate({ valid, problems, frames, lab }: ValidateResult, style: Style): string {
  if (!valid || lab === undefined)
    return `${frames.trimEnd()}\n\n${style('red', countOf(problems.length, 'problem'))}\n`;
  const parts = [
    countOf(lab.machines, 'machine'),
    countOf(lab.networks, 'network'),
    countOf(lab.programs, 'program'),
    countOf(lab.scenarios, 'scenario'),
  ];
  return `${style('green', 'No problems')}: lab ${lab.name}, ${parts.join(', ')}.\n`;
}

export function formatDown({ lab, purged }: DownResult): string {
  const folder = purged ? ' The .lab folder is removed.' : '';
  return lab === undefined ? `Nothing was up.${folder}\n` : `Lab ${lab} is down; nothing of it is left.${folder}\n`;
}

export function formatGc({ dead, removed }: GcResult): string {
  if (dead.length === 0) return 'No dead lab on this host.\n';
  const list = dead.map(({ name, stateFolder, provider }) => `  ${name} (${provider}, of ${stateFolder})\n`).join('');
  return `${removed ? 'Removed' : 'Left as they are:'} ${countOf(dead.length, 'dead lab')}\n${list}`;
}

/** ssh_config(5): a keyword and its value a line. A path is quoted, and `%` begins a token in it; a command stands as it is to the end of its line. */
export function formatSshConfig({ hosts }: SshConfigResult): string {
  return hosts
    .map(
      ({ host, options }) =>
        `Host ${host}\n${Object.entries(options)
          .map(([keyword, value]) => `  ${keyword} ${valueText(keyword, value)}\n`)
          .join('')}`,
    )
    .join('\n');
}

function valueText(keyword: string, value: string): string {
  return keyword.endsWith('File') ? `"${value.replaceAll('%', '%%')}"` : value;
}
