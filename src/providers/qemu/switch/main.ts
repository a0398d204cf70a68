import { chmodSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { Switch } from './switch.ts';

/**
 * The switches of one lab, one for each network: a process of its own, because it must outlive the `lab` that started it. Works in the lab's work folder, whose
 * path may be too long for a socket. Arguments: the label (see processes.ts), then for each network its ports, the gateway's first, joined by commas.
 */
async function main(networks: readonly string[]): Promise<void> {
  const listening = networks.flatMap((list) => {
    const network = new Switch();
    return list.split(',').map((port, index) => listen(port, network, index === 0));
  });
  await Promise.all(listening);
}

function listen(port: string, network: Switch, isGateway: boolean): Promise<void> {
  rmSync(port, { force: true });
  const server = createServer((socket) => network.attach(port, socket, { isGateway }));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).listen(port, () => {
    chmodSync(port, 0o600);
    resolve();
  });
  return promise;
}

await main(process.argv.slice(4));
