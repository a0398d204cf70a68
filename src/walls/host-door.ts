import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

/** A port of this host on which nothing but the words of machines is waited for; `arrived` are those that came. */
export interface HostDoor extends AsyncDisposable {
  readonly port: number;
  readonly arrived: ReadonlySet<string>;
}

/** Longer than any word of a machine. */
const MOST_READ = 200;

/** Opens a port on all addresses of this host, for as long as machines try to reach it. */
export async function openHostDoor(): Promise<HostDoor> {
  const arrived = new Set<string>();
  const server = createServer((socket) => take(socket, arrived));
  await listen(server);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    arrived,
    [Symbol.asyncDispose]: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}

async function listen(server: Server): Promise<void> {
  try {
    server.listen(0, '::');
    await once(server, 'listening');
  } catch {
    // A host without IPv6.
    server.listen(0, '0.0.0.0');
    await once(server, 'listening');
  }
}

function take(socket: Socket, arrived: Set<string>): void {
  let text = '';
  socket.on('error', () => socket.destroy());
  socket.setTimeout(3000, () => socket.destroy());
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1');
    const end = text.indexOf('\n');
    if (end !== -1) arrived.add(text.slice(0, end));
    if (end !== -1 || text.length > MOST_READ) socket.destroy();
  });
}
