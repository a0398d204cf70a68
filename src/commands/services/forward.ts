import { dirname, join } from 'node:path';
import { EnvironmentError, LabError, messageOf } from '../../core/errors.ts';
import { addressesOf } from '../../core/lab-description.ts';
import { say } from '../../core/language/say.ts';
import { retryUntil, type Attempt } from '../../core/time/retry.ts';
import type { MachinePorts } from '../../ssh/machine-ports.ts';
import { PortNotHad, servePorts, type PublishedMachine } from '../../services/serve-ports.ts';
import type { CommandContext } from '../../session/context.ts';
import { openSession } from '../../session/open-session.ts';
import { isOrdered, type ForwardAnswer, type ForwardOrder } from '../../session/publish.ts';
import type { LabState } from '../../state/state.ts';

/** How often it is looked whether the order still holds. */
const LOOK_EACH_MS = 1000;
/** Where the process before this one cannot be ended from outside, it has gone by then. */
const TAKE_OVER_MS = 3000;

/**
 * The process of a lab that has its published ports: opens them, says so in one line on standard output, and serves
 * them as long as the order holds.
 */
export async function forward(context: CommandContext, order: ForwardOrder): Promise<void> {
  const place = { ...context, stateFolder: order.stateFolder, labFile: join(dirname(order.stateFolder), 'lab.yaml') };
  try {
    await openPorts(place, order);
  } catch (error) {
    if (error instanceof PortNotHad)
      answer({ kind: 'port', code: error.code, address: error.address, port: error.port });
    else answer({ kind: 'failed', message: messageOf(error), hint: (error instanceof LabError && error.hint) || '' });
    return;
  }
  answer({ kind: 'ready' });
  // Whoever started this process reads no more.
  process.stdout.on('error', () => undefined);
  await retryUntil<true>(() => (isOrdered(order) ? { seen: '' } : { value: true }), {
    what: 'end',
    timeoutMs: Infinity,
    intervalMs: LOOK_EACH_MS,
    signal: context.signal,
  });
}

function answer(words: ForwardAnswer): void {
  process.stdout.write(`${JSON.stringify(words)}\n`);
}

async function openPorts(context: CommandContext, order: ForwardOrder): Promise<void> {
  const session = openSession(context);
  const found = await session.machines();
  const { state, provider } = found;
  if (state.labId !== order.labId)
    throw new EnvironmentError(say`another lab has this folder now`, { code: 'lab-gone' });
  const published = state.published ?? [];
  const machines = new Map(
    [...new Set(published.map(({ machine }) => machine))].map((name) => [name, machineNamed(context, state, name)]),
  );
  // Whether the user's account lets anyone in without a question is known only when it was tried.
  if (!provider.features.ownsMachines)
    await Promise.all([...machines.values()].map(async (machine) => (await machine.connect()).close()));
  const serve = async (): Promise<Attempt<true>> => {
    try {
      await servePorts(published, machines);
      return { value: true };
    } catch (error) {
      if (process.platform === 'linux' || !(error instanceof PortNotHad) || error.code !== 'EADDRINUSE') throw error;
      return { seen: error.message };
    }
  };
  await retryUntil(serve, { what: 'ports', timeoutMs: TAKE_OVER_MS, intervalMs: 100 });
}

/** Found again at each connection: it may have been made anew meanwhile. */
function machineNamed(context: CommandContext, state: LabState, name: string): PublishedMachine {
  const machine = state.machines.find((one) => one.name === name);
  const own = machine === undefined ? [] : addressesOf(machine);
  return {
    addresses: [...own, '127.0.0.1', '::1'],
    async connect(): Promise<MachinePorts> {
      const { machines } = await openSession(context).machines([name]);
      return machines[0]!.connectPorts(context.signal);
    },
  };
}
