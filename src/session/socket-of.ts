import { UsageError } from '../core/errors.ts';
import { findMachines } from './attach.ts';
import type { CommandContext } from './context.ts';

/** The Unix socket that leads to a machine's sshd. @throws {UsageError} for a machine that has an address instead. */
export async function socketOf(context: CommandContext, name: string): Promise<string> {
  const { machines } = await findMachines(context, [name]);
  const socketPath = machines[0]?.socketPath;
  if (socketPath !== undefined) return socketPath;
  throw new UsageError(`${name} is reached by its address, not through a socket`, {
    code: 'no-socket',
    hint: '"lab ssh-config" shows how to reach it.',
  });
}
