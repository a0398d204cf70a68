import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest, suggestion } from '../../src/core/text/suggest.ts';

const fields = ['address', 'interfaces', 'image', 'user', 'memory'];

test('a slip of the finger finds the word that was meant, in any case of letters', () => {
  assert.deepEqual(
    ['adress', 'addresss', 'Address', 'imgae', 'usr', 'interface', 'MEMROY'].map((word) => nearest(word, fields)),
    ['address', 'address', 'address', 'image', 'user', 'interfaces', 'memory'],
  );
});

test('the nearest of several is taken, the first of equals', () => {
  assert.equal(nearest('vm2x', ['vm1', 'vm2', 'vm3']), 'vm2');
  assert.equal(nearest('vm9', ['vm1', 'vm2']), 'vm1');
});

test('a word that has nothing in common with the known ones finds none', () => {
  assert.equal(nearest('colour', fields), undefined);
  assert.equal(nearest('ab', ['cd']), undefined);
  assert.equal(nearest('', ['a']), undefined);
  assert.equal(nearest('a', []), undefined);
});

test('the suggestion names the near word, else all known ones, else nothing', () => {
  assert.equal(suggestion('adress', fields), 'did you mean "address"?');
  assert.equal(suggestion('colour', ['a', 'b']), 'known: a, b');
  assert.equal(suggestion('colour', []), undefined);
});
