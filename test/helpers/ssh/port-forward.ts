import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { SshMachines } from './ssh-machines.ts';

export interface PortForward extends AsyncDisposable {
  readonly name: string;
  /** On the loopback of the controller's host. */
  readonly port: number;
}

/** Leads from a port of the controller's host to the SSH server of a machine, as VirtualBox does it; each byte takes its time, in both directions. */
export async function portForward(made: SshMachines, name: string, delayMs = 0): Promise<PortForward> {
  const [file, ...args] = [
    ...made.within,
    process.execPath,
    join(import.meta.dirname, 'slow-relay.ts'),
    made.machines[name]!.address,
    '22',
    String(delayMs),
  ];
  const relay = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = (await once(createInterface({ input: relay.stdout }), 'line')) as [string];
  return { name, port: Number(port), [Symbol.asyncDispose]: async () => void relay.kill('SIGKILL') };
}
