import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { Switch, type PortOptions } from './switch.ts';

/** One network, as `switch.json` in the work folder says it. */
export interface SwitchNetwork {
  readonly ports: readonly ({ readonly name: string } & PortOptions)[];
}

/**
 * The switches of one lab, one for each network: a process of its own, because it must outlive the `lab` that started it. Works in the lab's work folder, whose
 * path may be too long for a socket. Arguments: the label (see processes.ts), then the name of the file that describes the networks.
 */
async function main(file: string): Promise<void> {
  const networks = JSON.parse(readFileSync(file, 'utf8')) as readonly SwitchNetwork[];
  await Promise.all(networks.flatMap(({ ports }) => {
    const network = new Switch();
    return ports.map(({ name, ...options }) => listen(name, network, options));
  }));
}

function listen(port: string, network: Switch, options: PortOptions): Promise<void> {
  rmSync(port, { force: true });
  const server = createServer((socket) => network.attach(port, socket, options));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).listen(port, () => {
    chmodSync(port, 0o600);
    resolve();
  });
  return promise;
}

await main(process.argv[4] ?? '');
