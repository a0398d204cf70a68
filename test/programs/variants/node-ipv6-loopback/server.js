const net = require('node:net');
net.createServer((socket) => socket.on('data', (data) => console.log(String(data)))).listen(4000, '::1', () => console.log('up'));
