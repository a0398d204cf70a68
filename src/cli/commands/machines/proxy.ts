import { say } from '../../../core/language/say.ts';
import { defineCommand } from '../../command/define-command.ts';
import { required } from '../../command/parameters.ts';
import { machine } from '../../command/value-types.ts';
import { outcome } from '../../outcome.ts';

export const proxyCommand = defineCommand({
  name: 'proxy',
  group: 'machines',
  summary: say`standard input and output become a connection to the machine's sshd (for ProxyCommand of ssh_config(5))`,
  hidden: true,
  arguments: { machine: required(machine, say`name of the machine`) },
  examples: [{ words: 'proxy vm1', does: say`what ssh-config prints` }],
  run: async ({ context, arguments: { machine } }) => {
    const [{ proxy }, { socketOf }] = await Promise.all([
      import('../../../commands/machines/proxy.ts'),
      import('../../../commands/machines/socket-of.ts'),
    ]);
    await proxy(await socketOf(context, machine));
    return outcome({}, '');
  },
});
