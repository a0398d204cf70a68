console.log('started');
const list = [];
console.log(list[3].name, 'fin' + 'ished');
