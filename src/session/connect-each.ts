import type { CleanupStack } from '../core/cleanup.ts';
import { messageOf } from '../core/errors.ts';
import { say } from '../core/language/say.ts';
import { Slots } from '../core/slots.ts';
import type { AttachedMachine } from '../providers/provider.ts';
import type { Shell } from '../ssh/shell.ts';

export interface EachConnected {
  readonly shells: ReadonlyMap<string, Shell>;
  /** Of the others: what follows the machine's name, and the error, if there was one. */
  readonly silent: ReadonlyMap<string, { readonly words: string; readonly error: unknown }>;
}

/** Logins under way at once: more only wait for each other's arithmetic, until the first of them run out of time. */
const LOGINS_AT_ONCE = 32;

/**
 * Connects to the machines, in parallel; the clean-up stack closes the connections. A machine that does not answer is
 * part of the result.
 *
 * @throws the reason of `signal`.
 */
export async function connectEach(
  machines: readonly AttachedMachine[],
  cleanup: CleanupStack,
  signal: AbortSignal,
): Promise<EachConnected> {
  const shells = new Map<string, Shell>();
  const silent = new Map<string, { words: string; error: unknown }>();
  const logins = new Slots(LOGINS_AT_ONCE);
  cleanup.add(say`close the connections`, () => Promise.all([...shells.values()].map((shell) => shell.close())));
  await Promise.all(
    machines.map(async (attached) => {
      const { name } = attached.machine;
      if (!attached.running) return silent.set(name, { words: say`does not run`, error: undefined });
      await logins.take(signal);
      try {
        return shells.set(name, await attached.connect(signal));
      } catch (error) {
        signal.throwIfAborted();
        return silent.set(name, { words: say`cannot be reached: ${messageOf(error)}`, error });
      } finally {
        logins.release();
      }
    }),
  );
  return { shells, silent };
}
