import { say } from '../../../core/language/say.ts';
import { completionScript, shellNames } from '../../completion/shell-scripts.ts';
import { defineCommand } from '../../command/define-command.ts';
import { required } from '../../command/parameters.ts';
import { listed, word } from '../../command/value-types.ts';
import { outcome } from '../../outcome.ts';

const shell = word('shell', () => listed(shellNames, 'shell'));

export const completionCommand = defineCommand({
  name: 'completion',
  group: 'tools',
  summary: say`a script that teaches your shell to complete lab commands, machines and scenarios`,
  arguments: { shell: required(shell, say`bash, zsh or fish`) },
  examples: [
    {
      words: 'completion bash > ~/.local/share/bash-completion/completions/lab',
      does: say`for bash, from the next shell on`,
    },
    { words: 'completion fish > ~/.config/fish/completions/lab.fish', does: say`for fish` },
  ],
  run: async ({ arguments: { shell } }) => {
    const script = completionScript(shell);
    return outcome({ shell, script }, script);
  },
});
