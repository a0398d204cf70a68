import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli, temporaryFolder } from '../../helpers/cli.ts';

/** Nobody listens there. */
const nowhere = { alias: '127.0.0.1', host: '127.0.0.1', port: 1, user: 'ada' };

test('what came with a folder from somewhere else names no command that is run here', async () => {
  using folder = temporaryFolder();
  const [ran, config] = [join(folder.path, 'ran'), join(folder.path, 'ssh_config')];
  writeFileSync(config, '');
  const route = {
    ...nowhere,
    keyFiles: [],
    onlyKeyFiles: false,
    knownHostsFiles: [],
    newHostKeys: 'accept',
    methods: ['publickey'],
    passwordPrompts: 1,
    jumps: [],
    proxyCommand: `touch ${ran}`,
  };
  const facts = {
    user: 'ada',
    sudo: 'none',
    tools: [],
    home: { path: '/home/ada', writable: true, executable: true },
    unknownNames: {},
  };
  const machine = { name: 'vm1', image: 'x', user: 'ada', interfaces: [], ssh: { host: '127.0.0.1', port: 1 } };
  const state = {
    schemaVersion: 1,
    labId: 'a1',
    name: 'gift',
    provider: 'ssh',
    createdAt: '2026-01-02T03:04:05.000Z',
    fingerprint: 'f',
    networks: [],
    machines: [machine],
    programs: [],
    providerState: { configStamp: 'any', machines: { vm1: { route, facts } } },
  };
  mkdirSync(join(folder.path, '.lab'), { mode: 0o700 });
  writeFileSync(join(folder.path, '.lab/state.json'), JSON.stringify(state));
  const records = [
    { kind: 'lab', labId: 'a1', name: 'gift', provider: 'ssh' },
    { kind: 'ssh-machine', machine: 'vm1', route },
  ];
  writeFileSync(
    join(folder.path, '.lab/journal.ndjson'),
    records.map((record) => `${JSON.stringify(record)}\n`).join(''),
  );
  writeFileSync(
    join(folder.path, 'lab.yaml'),
    'version: 1\nname: gift\nprovider: ssh\nmachines: { vm1: { user: ada, ssh: { host: 127.0.0.1, port: 1 } } }\n',
  );
  for (const command of [['status'], ['exec', 'vm1', '--', 'true'], ['ssh', 'vm1', 'true'], ['ssh-config'], ['down']]) {
    const { stdout, exitCode } = await runCli(command, {
      cwd: folder.path,
      env: { LAB_SSH_CONFIG: config, LAB_SSH_PASSWORD: 'x' },
    });
    assert.notEqual(exitCode, 70, command.join(' '));
    assert.ok(!existsSync(ran), command.join(' '));
    assert.doesNotMatch(stdout, /ProxyCommand/);
  }
});
