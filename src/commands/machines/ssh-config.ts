import { quoteCommand } from '../../core/text/shell-quote.ts';
import type { AttachedMachine } from '../../providers/provider.ts';
import type { CommandContext } from '../../session/context.ts';
import { openSession } from '../../session/open-session.ts';

export interface SshConfigResult {
  readonly hosts: readonly { readonly host: string; readonly options: Readonly<Record<string, string>> }[];
}

/**
 * What OpenSSH's own client needs to reach each machine; `launcher` is the command that starts this program.
 *
 * @throws {EnvironmentError} when the lab is not up.
 */
export async function sshConfig(context: CommandContext, launcher: readonly string[]): Promise<SshConfigResult> {
  const { machines } = await openSession(context).machines();
  return {
    hosts: machines.map((machine) => ({
      host: machine.machine.name,
      options: { ...Object.fromEntries(machine.sshConfig), ...proxyOption(machine, launcher) },
    })),
  };
}

/**
 * A machine that only a Unix socket leads to is reached through `lab proxy`. ssh(1) gives the value to a shell, and `%`
 * begins a token in it.
 */
function proxyOption({ socketPath }: AttachedMachine, launcher: readonly string[]): { readonly ProxyCommand?: string } {
  return socketPath === undefined
    ? {}
    : { ProxyCommand: quoteCommand([...launcher, 'proxy', socketPath]).replaceAll('%', '%%') };
}
