import { CleanupStack } from '../core/cleanup.ts';
import type { Shell } from '../ssh/shell.ts';
import { connectAll } from './connect-all.ts';
import type { LockedSession } from './locked-session.ts';
import { say } from '../core/language/say.ts';

/** Connections that were begun before it is known whether they are wanted. */
export interface EarlyShells {
  /**
   * Shells of all machines of this lab, by name; undefined when another lab was found, or none, or they were not begun.
   *
   * @throws {ConnectionError} when one cannot be reached.
   */
  take(labId: string): Promise<ReadonlyMap<string, Shell> | undefined>;
}

/**
 * Begins to connect to the machines that run, while the command reads the lab file: each of the two takes as long as
 * the other. The clean-up stack closes what was opened. Does nothing when not all machines run, when there are more
 * than `atMost`, or, with `onlyOwned`, when they are not the provider's own.
 */
export function reachEarly(
  session: LockedSession,
  cleanup: CleanupStack,
  { atMost = Infinity, onlyOwned = false }: { readonly atMost?: number; readonly onlyOwned?: boolean } = {},
): EarlyShells {
  const connections = new CleanupStack();
  const unwanted = new AbortController();
  const signal = AbortSignal.any([session.context.signal, unwanted.signal]);
  const reaching = reach(session, connections, { atMost, onlyOwned }, signal);
  cleanup.add(say`close the connections`, async () => {
    unwanted.abort();
    await Promise.allSettled([reaching.then((reached) => reached?.shells)]);
    const [failure] = await connections.run();
    if (failure) throw failure;
  });
  reaching.catch(() => undefined);
  return {
    async take(labId) {
      // A state that cannot be read is reported where it is needed.
      const reached = await reaching.catch(() => undefined);
      return reached?.labId === labId ? reached.shells : undefined;
    },
  };
}

interface Reaching {
  readonly labId: string;
  readonly shells: Promise<ReadonlyMap<string, Shell>>;
}

async function reach(
  session: LockedSession,
  connections: CleanupStack,
  limits: { readonly atMost: number; readonly onlyOwned: boolean },
  signal: AbortSignal,
): Promise<Reaching | undefined> {
  const found = await session.attached();
  if (
    found === undefined ||
    found.machines.length > limits.atMost ||
    (limits.onlyOwned && !found.provider.features.ownsMachines) ||
    !found.machines.every(({ running }) => running)
  )
    return undefined;
  const shells = connectAll(found.machines, connections, signal);
  shells.catch(() => undefined);
  return { labId: found.state.labId, shells };
}
