import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { down } from '../../src/commands/lab/down.ts';
import { gc } from '../../src/commands/lab/gc.ts';
import { plan } from '../../src/commands/lab/dry-run.ts';
import { ssh } from '../../src/commands/machines/ssh.ts';
import { status } from '../../src/commands/lab/status.ts';
import { up } from '../../src/commands/lab/up.ts';
import { ConnectionError, InterruptedError, LabError } from '../../src/core/errors.ts';
import { allProviders } from '../../src/providers/registry.ts';
import { smallLab } from '../helpers/cli.ts';
import { testContext } from '../helpers/command-context.ts';
import { machineInits } from '../helpers/machines/leftovers.ts';
import { cannotMakeMachines, labFolder } from '../helpers/machines/machines.ts';

/** Labs of this host that belong to a folder. */
async function labsOf(folder: string): Promise<number> {
  const labs = await (await allProviders.named('netns')).list();
  return labs.filter(({ stateFolder }) => stateFolder.startsWith(folder)).length;
}

describe('the life of a lab', { skip: await cannotMakeMachines() }, () => {
  test('a dry run says what would be made, and makes nothing', async () => {
    await using folder = labFolder({ 'lab.yaml': smallLab });
    const { actions, changes } = await plan(testContext(folder.path).context, { recreate: false });
    assert.deepEqual(actions, [
      'make network natnet (192.168.100.0/24, gateway 192.168.100.1, NAT)',
      'make machine vm1 (user ildvm1, eth0 192.168.100.4 on natnet)',
      'make machine vm2 (user ildvm2, eth0 192.168.100.5 on natnet)',
      'deploy asker to vm1, unless it is there already',
    ]);
    assert.deepEqual([changes, readdirSync(folder.path)], [[], ['lab.yaml']]);
  });

  test('an up that fails after the machines were made takes them down again', async () => {
    await using folder = labFolder({
      'lab.yaml': smallLab.replace('command: [sh', 'build: [sh, -c, "exit 3"], command: [sh'),
    });
    await assert.rejects(up(testContext(folder.path).context, { recreate: false }), { exitCode: 1 });
    assert.equal(await labsOf(folder.path), 0);
    assert.equal((await status(testContext(folder.path).context)).lab, undefined);
    assert.ok(!existsSync(join(folder.path, '.lab/journal.ndjson')));
  });

  test('an up that fails before anything was made takes nothing down', async () => {
    await using folder = labFolder({
      'lab.yaml': `version: 1\nprovider: qemu\nmachines: { vm1: { image: ubuntu-0 } }\n`,
    });
    const { context, events } = testContext(folder.path);
    await assert.rejects(up({ ...context, offline: true }, { recreate: false }), LabError);
    assert.deepEqual(
      events.filter((event) => 'title' in event).map(({ title }) => title),
      [],
    );
    assert.ok(!existsSync(join(folder.path, '.lab/journal.ndjson')));
  });

  test('an up that is interrupted takes down what it made', async () => {
    await using folder = labFolder({ 'lab.yaml': smallLab });
    const controller = new AbortController();
    const { context, events } = testContext(folder.path, { signal: controller.signal });
    // The instant at which the machines are there and the programs are not.
    const emit: typeof context.events.emit = (event) => {
      events.push(event);
      if (event.kind === 'step-finished' && event.title.startsWith('make'))
        controller.abort(new InterruptedError('SIGINT'));
    };
    await assert.rejects(up({ ...context, events: { emit } }, { recreate: false }), InterruptedError);
    assert.ok(events.some((event) => event.kind === 'step-finished' && event.title === 'take down what was made'));
    assert.equal(await labsOf(folder.path), 0);
    assert.equal((await down(testContext(folder.path).context, { purge: false })).lab, undefined);
  });

  test('down works without the lab file, and a lost state is found in the journal', async () => {
    await using folder = labFolder({ 'lab.yaml': smallLab });
    await up(testContext(folder.path).context, { recreate: false });
    rmSync(join(folder.path, 'lab.yaml'));
    writeFileSync(join(folder.path, '.lab/state.json'), '{"broken');
    await assert.rejects(status(testContext(folder.path).context), { code: 'state-broken' });
    assert.equal((await down(testContext(folder.path).context, { purge: false })).lab, 'small');
    assert.equal(await labsOf(folder.path), 0);
  });

  test('down clears away what a crash left that came before anything was made', async () => {
    await using folder = labFolder({ 'lab.yaml': smallLab });
    mkdirSync(join(folder.path, '.lab'), { mode: 0o700 });
    for (const name of ['journal.ndjson', 'state.json.0123456789ab.tmp'])
      writeFileSync(join(folder.path, '.lab', name), '');
    assert.equal((await down(testContext(folder.path).context, { purge: false })).lab, undefined);
    assert.deepEqual(readdirSync(join(folder.path, '.lab')), ['.gitignore']);
  });

  test('up --recreate makes changed machines again', async () => {
    await using folder = labFolder({ 'lab.yaml': smallLab });
    const { context } = testContext(folder.path);
    await up(context, { recreate: false });
    await ssh(context, { machine: 'vm1', command: ['touch mark'], tty: false, collect: true });
    writeFileSync(join(folder.path, 'lab.yaml'), smallLab.replaceAll('192.168.100.', '192.168.101.'));
    const changed = await plan(context, { recreate: false });
    assert.ok(
      changed.changes.includes('natnet: subnet 192.168.100.0/24 → 192.168.101.0/24'),
      changed.changes.join('\n'),
    );
    const { made, machines } = await up(context, { recreate: true });
    assert.deepEqual([made, machines[0]?.addresses], [true, ['192.168.101.4']]);
    assert.equal((await ssh(context, { machine: 'vm1', command: ['ls mark'], tty: false, collect: true })).stdout, '');
  });

  test('programs and scenarios may change while machines run', async () => {
    await using folder = labFolder({ 'lab.yaml': smallLab });
    const { context } = testContext(folder.path);
    await up(context, { recreate: false });
    writeFileSync(
      join(folder.path, 'lab.yaml'),
      smallLab.replace('  asker:', '  other: { on: vm2, command: [true], listens: 7000 }\n  asker:'),
    );
    assert.equal((await up(context, { recreate: false })).made, false);
    assert.deepEqual(
      (await status(context)).programs.map(({ name, listens }) => [name, listens]),
      [
        ['other', [7000]],
        ['asker', []],
      ],
    );
  });

  test('a machine that is down is reported, and up brings it back', async () => {
    await using folder = labFolder({ 'lab.yaml': smallLab });
    const { context } = testContext(folder.path);
    await up(context, { recreate: false });
    const provider = await allProviders.named('netns');
    for (const { labId, stateFolder } of await provider.list())
      if (stateFolder.startsWith(folder.path)) await provider.down({ labId, stateFolder });
    await assert.rejects(ssh(context, { machine: 'vm1', command: ['true'], tty: false, collect: true }), {
      code: 'machine-down',
      hint: 'Run "lab up" to bring it back.',
    });
    assert.equal((await status(context)).up, false);
    assert.equal((await up(context, { recreate: false })).made, true);
  });

  test('a machine that does not answer is reported by status, and stops only those who need it', async () => {
    await using folder = labFolder({ 'lab.yaml': smallLab });
    const { context } = testContext(folder.path);
    await up(context, { recreate: false });
    process.kill(machineInits(folder.path)[1]!, 'SIGKILL');
    const { machines } = await status(context);
    assert.deepEqual(
      machines.map(({ name, running, problem }) => [name, running, problem === undefined]),
      [
        ['vm1', true, true],
        ['vm2', true, false],
      ],
    );
    assert.equal((await ssh(context, { machine: 'vm1', command: ['true'], tty: false, collect: true })).status, 0);
    await assert.rejects(
      ssh(context, { machine: 'vm2', command: ['true'], tty: false, collect: true }),
      (error) => error instanceof ConnectionError && error.machine === 'vm2',
    );
    await assert.rejects(up(context, { recreate: false }), ConnectionError);
    assert.equal(await labsOf(folder.path), 1, 'an up that made nothing takes nothing down');
  });

  test('gc finds a lab whose folder is gone, and removes it only when told to', async () => {
    await using folder = labFolder({ 'lab.yaml': smallLab });
    await up(testContext(folder.path).context, { recreate: false });
    const ours = (labs: readonly { stateFolder: string }[]): number =>
      labs.filter(({ stateFolder }) => stateFolder.startsWith(folder.path)).length;
    assert.equal(
      ours((await gc(testContext(folder.path, { answer: false }).context, { yes: false })).dead),
      0,
      'a lab that is known is not dead',
    );

    // Its folder is moved away, as by somebody who tidies up.
    renameSync(join(folder.path, '.lab'), join(folder.path, 'moved'));
    const { context, questions } = testContext(folder.path, { answer: false });
    const asked = await gc(context, { yes: false });
    assert.deepEqual([ours(asked.dead), asked.removed], [1, false]);
    assert.match(questions[0] ?? '', /^Remove \d+ dead labs?: .*small/);
    await assert.rejects(gc(testContext(folder.path).context, { yes: false }), { code: 'needs-yes' });
    assert.equal(await labsOf(folder.path), 1);

    // Put back under its name it is known again; only the test's own lab may be removed on this host.
    cpSync(join(folder.path, 'moved'), join(folder.path, '.lab'), {
      recursive: true,
      filter: (path) => !path.includes('/mnt') && !path.includes('/sockets'),
    });
    await down(testContext(folder.path).context, { purge: true });
    assert.equal(await labsOf(folder.path), 0);
  });
});
