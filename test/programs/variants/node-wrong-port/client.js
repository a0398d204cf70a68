const net = require('node:net'), readline = require('node:readline');
const rl = readline.createInterface({ input: process.stdin, output: process.stdout });
const socket = net.connect(7900, '192.168.100.4', () => rl.question('> ', (line) => { socket.end(line); rl.close(); }));
