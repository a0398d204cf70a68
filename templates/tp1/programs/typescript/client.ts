// TP1: a TCP client. It sends what you type, and shows the answer; "exit" ends the session.
import { once } from 'node:events';
import { connect } from 'node:net';
import { hostname } from 'node:os';
import { createInterface } from 'node:readline';

const HOST = process.argv[2];
const PORT = 7999;
const operator = createInterface({ input: process.stdin });
const typedLines = operator[Symbol.asyncIterator]();

console.log('TP1 CLI');
const connection = connect(PORT, HOST);
connection.on('error', (error) => {
  console.log(`Cannot talk to ${HOST}:${PORT}: ${error.message}`);
  process.exit(1);
});
await once(connection, 'connect');
// TCP carries bytes, not messages: readline puts them together to lines.
const answers = createInterface({ input: connection })[Symbol.asyncIterator]();

let message = '';
while (message !== 'exit') {
  process.stdout.write(`client@${hostname()}:${PORT}$ `);
  const typed = await typedLines.next();
  if (typed.done) break; // Ctrl-D
  message = typed.value;
  connection.write(`${message}\n`);
  const answer = await answers.next();
  if (answer.done) {
    console.log('The server has gone');
    process.exit(1);
  }
  console.log(`from server ${answer.value}`);
}
connection.end();
operator.close();
