import { defineLab, openLab, type Lab } from 'lab';
import { afterAll, beforeAll, expect, test } from 'vitest';

const pair = defineLab({
  version: 1,
  networks: { natnet: { subnet: '192.168.100.0/24', nat: false } },
  machines: { vm1: { user: 'ildvm1', address: '192.168.100.4' }, vm2: { user: 'ildvm2', address: '192.168.100.5' } },
  programs: {
    asker: { on: 'vm1', command: ['sh', '-c', 'printf "name? "; read name; echo "hello $name"'], prompt: /name\? $/ },
  },
  scenarios: {
    greeting: [
      { start: 'asker' },
      { send: { asker: 'Ada' } },
      { expect: { asker: 'hello Ada' } },
      { exit: { asker: 0 } },
    ],
  },
});

let lab: Lab;
beforeAll(async () => {
  lab = await openLab(pair).up();
}, 60_000);
afterAll(() => lab.close());

test('the machines know each other by name', async () => {
  const { stdout } = await lab.machine('vm2').exec(['getent', 'hosts', 'vm1'], { check: true });
  expect(stdout).toMatch(/^192\.168\.100\.4\s+vm1/);
});

test('the asker greets who answers', async () => {
  const run = await lab.run('greeting');
  expect(run.passed, run.explanation).toBe(true);
});
