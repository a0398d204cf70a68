const net = require('node:net'), readline = require('node:readline');
const rl = readline.createInterface({ input: process.stdin, output: process.stdout });
const socket = net.connect(4000, 'vm1', () => rl.question('you: ', (line) => { socket.end(line); rl.close(); }));
