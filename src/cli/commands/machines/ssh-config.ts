import { say } from '../../../core/language/say.ts';
import type { SshConfigResult } from '../../../commands/machines/ssh-config.ts';
import { defineCommand } from '../../command/define-command.ts';
import { outcome } from '../../outcome.ts';

export const sshConfigCommand = defineCommand({
  name: 'ssh-config',
  group: 'machines',
  needsLab: true,
  summary: say`configuration for ssh(1), scp(1), editors and other tools`,
  examples: [{ words: 'ssh-config > lab.ssh && ssh -F lab.ssh vm1', does: say`use OpenSSH's own client` }],
  run: async ({ context }) => {
    const { sshConfig } = await import('../../../commands/machines/ssh-config.ts');
    const result = await sshConfig(context, [process.execPath, process.argv[1]!]);
    return outcome(result, formatSshConfig(result));
  },
});

/**
 * ssh_config(5): a keyword and its value a line. A path is quoted, and `%` begins a token in it; a command stands as it
 * is to the end of its line.
 */
export function formatSshConfig({ hosts }: SshConfigResult): string {
  return hosts.map(hostText).join('\n');
}

function hostText({ host, options }: SshConfigResult['hosts'][number]): string {
  const lines = Object.entries(options).map(([keyword, value]) => `  ${keyword} ${valueText(keyword, value)}\n`);
  return `Host ${host}\n${lines.join('')}`;
}

function valueText(keyword: string, value: string): string {
  return keyword.endsWith('File') ? `"${value.replaceAll('%', '%%')}"` : value;
}
