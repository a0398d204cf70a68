const net = require('node:net'), readline = require('node:readline');
console.log('What do you want to say? Think before you type.');
// Whoever types before the question loses it.
const drop = () => undefined;
process.stdin.on('data', drop);
setTimeout(() => {
  process.stdin.off('data', drop);
  const socket = net.connect(7999, 'vm1', () => {
    const rl = readline.createInterface({ input: process.stdin, output: process.stdout });
    rl.question('Message ? ', (line) => { socket.end(line); rl.close(); });
  });
}, 700);
