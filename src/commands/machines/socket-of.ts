import { UsageError } from '../../core/errors.ts';
import { say } from '../../core/language/say.ts';
import type { CommandContext } from '../../session/context.ts';
import { openSession } from '../../session/open-session.ts';

/**
 * The Unix socket that leads to a machine's sshd, for `lab proxy MACHINE`. Not in `proxy.ts`, which loads nothing but
 * Node.
 *
 * @throws {UsageError} for a machine that has an address instead.
 */
export async function socketOf(context: CommandContext, name: string): Promise<string> {
  const { machines } = await openSession(context).machines([name]);
  const socketPath = machines[0]?.socketPath;
  if (socketPath !== undefined) return socketPath;
  throw new UsageError(say`${name} is reached by its address, not through a socket`, {
    code: 'no-socket',
    hint: say`"lab ssh-config" shows how to reach it.`,
  });
}
