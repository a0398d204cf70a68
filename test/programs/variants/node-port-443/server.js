require('node:net').createServer().listen(443, () => console.log('up'));
