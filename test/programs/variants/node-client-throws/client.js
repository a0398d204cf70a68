const net = require('node:net'), readline = require('node:readline');
const rl = readline.createInterface({ input: process.stdin, output: process.stdout });
const socket = net.connect(7999, 'vm1', () => rl.question('> ', (line) => { socket.write({ text: line }); rl.close(); }));
