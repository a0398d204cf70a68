import assert from 'node:assert/strict';
import { test } from 'node:test';
import { machineState, storedRoute } from '../../../src/providers/ssh/stored.ts';

const route = {
  alias: 'vm1',
  host: '127.0.0.1',
  port: 22,
  user: 'ildvm1',
  keyFiles: [{ path: '/k', isWanted: true }],
  onlyKeyFiles: false,
  knownHostsFiles: [],
  newHostKeys: 'ask',
  methods: ['publickey'],
  passwordPrompts: 3,
  jumps: [],
};
const facts = {
  user: 'ildvm1',
  sudo: 'none',
  tools: ['ss'],
  home: { path: '/home/ildvm1', writable: true, executable: true },
  unknownNames: {},
};

test('what was stored of a machine is read again, with its jumps', () => {
  const stored = JSON.parse(
    JSON.stringify({ machines: { vm1: { route: { ...route, jumps: [route] }, facts } } }),
  ) as Record<string, unknown>;
  assert.deepEqual(machineState(stored, 'vm1'), { route: { ...route, jumps: [route] }, facts });
});

for (const odd of [
  null,
  7,
  'vm1',
  [],
  {},
  { ...route, host: 7 },
  { ...route, port: '22' },
  { ...route, keyFiles: null },
  { ...route, keyFiles: [null] },
  { ...route, methods: 'publickey' },
  { ...route, newHostKeys: 'always' },
  { ...route, jumps: [{}] },
  { ...route, algorithms: { ciphers: 'x' } },
]) {
  test(`a way that is stored as ${JSON.stringify(odd)} is none`, () => {
    assert.equal(storedRoute(odd), undefined);
    assert.equal(machineState({ machines: { vm1: { route: odd, facts } } }, 'vm1'), undefined);
  });
}

test('names that every object knows are no machines', () => {
  for (const machines of [
    undefined,
    null,
    7,
    [],
    {},
    { vm1: null },
    { vm1: { route } },
    { vm1: { route, facts: { ...facts, tools: 7 } } },
  ]) {
    for (const name of ['vm1', 'constructor', '__proto__', 'toString'])
      assert.equal(machineState({ machines }, name), undefined);
  }
});
