import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { EnvironmentError } from '../../src/core/errors.ts';
import { chooseRuntime, hostRuntime, runtimeKey, type RuntimeSource } from '../../src/deploy/runtime.ts';
import { parseProgramSurvey } from '../../src/deploy/program-survey.ts';
import { program, startMachine, tree, type TestMachine } from './fixtures/machine.ts';

const key = `node-v24.21.0-linux-${process.arch}`;
const onLinux = { skip: process.platform !== 'linux' && 'only Linux runs the binaries that we send' };

/** A stand-in for the 126 MB of Node, which deployment only ever asks for its version. */
function smallNode(machine: TestMachine, script = 'echo v24.21.0'): RuntimeSource {
  return {
    version: '24.21.0',
    architecture: process.arch,
    path: machine.file('node', `#!/bin/sh\n${script}\n`, 0o755),
  };
}

const nodeProgram = (machine: TestMachine, changes = {}) =>
  program('server', [machine.file('server.js', 'x')], { command: ['node', 'server.js'], ...changes });

test('a machine without Node gets ours once, and its programs find it first in PATH', onLinux, async () => {
  await using machine = await startMachine();
  const options = { runtime: smallNode(machine) };
  const [deployed] = await machine.deploy([nodeProgram(machine)], options);
  assert.equal(machine.roundTrips(), 2);
  const folder = join(machine.home, '.lab/runtime', key);
  assert.equal(readFileSync(join(folder, 'node'), 'utf8'), '#!/bin/sh\necho v24.21.0\n');
  assert.equal(deployed?.env.get('PATH'), `${folder}:${join(machine.home, '../bin')}`);
  assert.deepEqual(readdirSync(join(machine.home, '.lab/cas')).length, 1, 'it is not stored a second time');
  const found = await machine.shell.exec({ script: 'PATH=$1 node --version', args: [deployed.env.get('PATH')!] });
  assert.equal(found.stdout, 'v24.21.0\n');

  const [again] = await machine.deploy([nodeProgram(machine)], options);
  assert.equal(machine.roundTrips(), 4, 'one for the command above, one to see that nothing is to be done');
  assert.equal(again?.env.get('PATH'), deployed?.env.get('PATH'));
});

test('PATH of lab.yaml is kept behind our Node', onLinux, async () => {
  await using machine = await startMachine();
  const [deployed] = await machine.deploy(
    [
      nodeProgram(machine, {
        env: new Map([
          ['PATH', '/own/bin'],
          ['A', 'b'],
        ]),
      }),
    ],
    { runtime: smallNode(machine) },
  );
  assert.deepEqual(
    deployed?.env,
    new Map([
      ['PATH', `${join(machine.home, '.lab/runtime', key)}:/own/bin`],
      ['A', 'b'],
    ]),
  );
});

test('a machine whose own Node is new enough gets nothing, one whose Node is too old gets ours', onLinux, async () => {
  await using machine = await startMachine();
  machine.addTool('node', 'echo v18.0.0');
  const [own] = await machine.deploy([nodeProgram(machine)], { runtime: smallNode(machine) });
  assert.deepEqual(own?.env, new Map());
  assert.ok(!tree(machine.home).includes('.lab/runtime'));
  machine.addTool('node', 'echo v16.20.2');
  const [ours] = await machine.deploy([nodeProgram(machine)], { runtime: smallNode(machine) });
  assert.match(ours?.env.get('PATH') ?? '', new RegExp(`/\\.lab/runtime/${key}:`));
});

test("the version of a machine's Node is asked for once, and again when it is another file", onLinux, async () => {
  await using machine = await startMachine();
  const asked = join(machine.host, 'asked');
  const nodeThatSays = (version: string): void => machine.addTool('node', `echo x >>${asked}; echo ${version}`);
  const timesAsked = (): number => readFileSync(asked, 'utf8').split('\n').length - 1;
  nodeThatSays('v18.0.0');
  for (const changes of [{}, {}, { name: 'other' }]) await machine.deploy([nodeProgram(machine, changes)]);
  assert.equal(timesAsked(), 1);
  nodeThatSays('v20.10.0');
  const [own] = await machine.deploy([nodeProgram(machine)]);
  assert.equal(timesAsked(), 2);
  assert.deepEqual(own?.env, new Map());
});

test('a program that does not start with node neither gets it nor needs it', async () => {
  await using machine = await startMachine();
  const python = program('server', [machine.file('server.py', 'x')], { command: ['python3', 'server.py'] });
  const [deployed] = await machine.deploy([python], {
    runtime: { version: 'v24.21.0', architecture: 'sparc', path: '/nonexistent' },
  });
  assert.deepEqual(deployed?.env, new Map());
  assert.ok(!tree(machine.home).includes('.lab/runtime'));
});

test('a Node that does not run on the machine is removed again, and its own words are shown', onLinux, async () => {
  await using machine = await startMachine();
  const broken = smallNode(machine, 'echo "error while loading shared libraries: libstdc++.so.6" >&2; exit 127');
  await assert.rejects(machine.deploy([nodeProgram(machine)], { runtime: broken }), (error: unknown) => {
    assert.ok(error instanceof EnvironmentError);
    assert.equal(error.code, 'runtime-unfit');
    assert.equal(error.message, 'vm1: our Node was sent but does not run there');
    assert.match(error.detail ?? '', /libstdc\+\+\.so\.6/);
    return true;
  });
  assert.ok(!tree(machine.home).some((path) => path.endsWith('/node')));
});

test('of runtimes that were sent only the last two stay', onLinux, async () => {
  await using machine = await startMachine();
  for (const version of ['22.0.0', '23.0.0', '24.0.0'])
    await machine.deploy([nodeProgram(machine)], { runtime: { ...smallNode(machine), version } });
  assert.deepEqual(readdirSync(join(machine.home, '.lab/runtime')).length, 2);
  assert.ok(readdirSync(join(machine.home, '.lab/runtime')).includes(`node-v24.0.0-linux-${process.arch}`));
});

test('the real Node of this host arrives whole on a machine without one, and runs there', onLinux, async () => {
  await using machine = await startMachine();
  const source = hostRuntime()!;
  const [deployed] = await machine.deploy([nodeProgram(machine)]);
  const folder = deployed!.env.get('PATH')!.split(':')[0]!;
  assert.equal(folder, join(machine.home, '.lab/runtime', runtimeKey(source)));
  assert.equal(statSync(join(folder, 'node')).size, statSync(source.path).size);
  const notes = machine.events.flatMap((event) => (event.kind === 'step-progress' ? [event.note] : []));
  assert.ok(notes.length >= 2 && notes.every((note) => /^vm1: [\d.]+ [kM]B of \d+ MB$/.test(note)), notes.join('\n'));
});

const x64: RuntimeSource = { version: 'v24.21.0', architecture: 'x64', path: '/node' };
const linux = ['home\t/home/me', 'system\tLinux x86_64', 'libc\tglibc 2.28'];

for (const [what, lines, source, reason] of [
  [
    'another architecture',
    ['system\tLinux aarch64', 'libc\tglibc 2.39'],
    x64,
    'node-v24.21.0-linux-x64 does not run on aarch64',
  ],
  ['another system', ['system\tDarwin arm64'], x64, 'node-v24.21.0-linux-x64 does not run on Darwin arm64'],
  [
    'musl',
    ['system\tLinux x86_64', 'libc\t', 'musl\t/lib/ld-musl-x86_64.so.1'],
    x64,
    'node-v24.21.0-linux-x64 needs glibc, and this machine has musl',
  ],
  [
    'an unknown C library',
    ['system\tLinux x86_64', 'libc\t'],
    x64,
    'node-v24.21.0-linux-x64 needs glibc, and this machine has none that getconf knows',
  ],
  [
    'a glibc that is too old',
    ['system\tLinux x86_64', 'libc\tglibc 2.27'],
    x64,
    'node-v24.21.0-linux-x64 needs glibc 2.28 or newer, and this machine has 2.27',
  ],
  ['a host without a Node to send', linux, undefined, 'this host has no Node for Linux to send'],
] as const) {
  test(`${what} is reported before anything is sent`, () => {
    const message = `vm1 has no Node, its programs need 18 or newer, and ours cannot be used: ${reason}`;
    assert.throws(() => chooseRuntime('vm1', parseProgramSurvey(lines), source), { code: 'runtime-unfit', message });
  });
}

test('a machine on which ours runs gets it into the home folder, unless its provider has put it there', () => {
  const home = { use: 'ours', folder: '/home/me/.lab/runtime/node-v24.21.0-linux-x64', send: true };
  assert.deepEqual(chooseRuntime('vm1', parseProgramSurvey(linux), x64), home);
  assert.deepEqual(chooseRuntime('vm1', parseProgramSurvey([...linux, 'node\tv17.9.1']), x64), home);
  const opt = '/opt/lab/runtime/node-v24.21.0-linux-x64';
  assert.deepEqual(chooseRuntime('vm1', parseProgramSurvey([...linux, `runtime\t${opt}`]), x64), {
    use: 'ours',
    folder: opt,
    send: false,
  });
});
