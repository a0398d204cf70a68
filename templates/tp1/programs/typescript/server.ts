// TP1: a TCP server that talks with one client, line by line, in turns.
import { createServer, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { createInterface } from 'node:readline';

const PORT = 7999;
const operator = createInterface({ input: process.stdin });
const typedLines = operator[Symbol.asyncIterator]();

async function talk(connection: Socket): Promise<void> {
  let last = '';
  // TCP carries bytes, not messages: readline puts them together to lines.
  for await (const message of createInterface({ input: connection })) {
    if (message === 'exit') {
      connection.write(`${last}\n`);
      continue; // until the client closes: TIME_WAIT stays on its side, and the port is free at once
    }
    console.log(`from client '${message}'`);
    last = message;
    process.stdout.write(`server@${hostname()}:${PORT}$ `);
    const typed = await typedLines.next();
    if (typed.done) return; // Ctrl-D
    connection.write(`${typed.value}\n`);
  }
}

const server = createServer({ allowHalfOpen: true }, async (connection) => {
  server.close(); // no second client
  console.log('Connected by :', connection.remoteAddress, connection.remotePort);
  await talk(connection);
  connection.end();
  operator.close();
});
server.listen(PORT, '0.0.0.0', () => console.log('TP1 Server\nListening ...')); // on all addresses of this machine
