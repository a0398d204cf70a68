import net from 'node:net';

/**
 * A program: passes TCP connections on to `HOST PORT`, each byte after `DELAY` milliseconds in both directions. Prints the port of the loopback at which it listens.
 */
const [host = '', port = '', delay = ''] = process.argv.slice(2);
const delayMs = Number(delay);

const server = net.createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
  const far = net.connect({ host, port: Number(port), noDelay: true, allowHalfOpen: true });
  pass(near, far);
  pass(far, near);
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as net.AddressInfo).port}\n`));

function pass(from: net.Socket, to: net.Socket): void {
  // Timers of one duration come in the order in which they were set.
  from.on('data', (chunk: Buffer) => setTimeout(() => to.destroyed || to.write(chunk), delayMs));
  from.on('end', () => setTimeout(() => to.end(), delayMs));
  from.on('error', () => to.destroy());
}
