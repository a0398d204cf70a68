import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { plan } from '../../src/commands/lab/dry-run.ts';
import { status } from '../../src/commands/lab/status.ts';
import { up } from '../../src/commands/lab/up.ts';
import { validate } from '../../src/commands/lab/validate.ts';
import { report } from '../../src/commands/runs/report.ts';
import { run } from '../../src/commands/runs/run.ts';
import { withoutCodename } from '../../src/core/lab-description.ts';
import { hostSystem } from '../../src/host/host-system.ts';
import { checkLabFile } from '../../src/session/lab-file/open-lab.ts';
import { temporaryFolder } from '../helpers/cli.ts';
import { testContext } from '../helpers/command-context.ts';
import { cannotMakeMachines, labFolder } from '../helpers/machines/machines.ts';

/** A lab whose machines have these fields. */
function labOf(provider: string | undefined, ...machines: readonly string[]): string {
  const fields = machines.map((more, index) => `  vm${index + 1}: { address: 192.168.100.${index + 4}${more} }\n`);
  return `version: 1
name: truth
${provider === undefined ? '' : `provider: ${provider}\n`}networks: { net: { subnet: 192.168.100.0/24, nat: false } }
machines:
${fields.join('')}programs: { hello: { on: vm1, command: [echo, hello] } }
scenarios: { greet: [{ start: hello }, { exit: { hello: 0 } }] }
`;
}

interface Told {
  readonly images: readonly (string | undefined)[];
  readonly problems: readonly string[];
  readonly remarks: readonly string[];
}

/** What is made of the image of each machine, and what is said. */
async function told(text: string, chosen?: string): Promise<Told> {
  using folder = temporaryFolder({ 'lab.yaml': text });
  const { context } = testContext(folder.path);
  const overrides = chosen === undefined ? {} : { provider: chosen };
  const { opened, problems } = await checkLabFile({ ...context, overrides });
  return {
    images: [...(opened?.lab.machines.values() ?? [])].map(({ image }) => image),
    problems: problems.map(({ position, path, message, hint }) => `${position.line}: ${path} ${message}; ${hint}`),
    remarks: (opened?.remarks ?? []).map(({ level, message, hint }) => `${level}: ${message}; ${hint}`),
  };
}

const system = withoutCodename(hostSystem() ?? '');
const truth = `machines of netns run the host's system, ${system}`;
const nothing = { problems: [], remarks: [] };

describe('the image of a machine', () => {
  const cases: readonly (readonly [title: string, text: string, chosen: string | undefined, told: Told])[] = [
    ['is none by default on netns', labOf(undefined, ''), undefined, { images: [undefined], ...nothing }],
    ['may be called host there', labOf('netns', ', image: host'), undefined, { images: [undefined], ...nothing }],
    [
      'of another name is said not to be used there',
      labOf('netns', ', image: ubuntu-24.04', '', ', image: ubuntu-24.04', ', image: ./my.qcow2'),
      undefined,
      {
        images: [undefined, undefined, undefined, undefined],
        problems: [],
        remarks: [
          `warning: vm1, vm3, vm4: image ubuntu-24.04, ./my.qcow2 is not used: ${truth}; Write image: host, or use --provider qemu.`,
        ],
      },
    ],
    [
      'is that of the file when its machines are made by another provider for once',
      labOf('qemu', ', image: ubuntu-22.04'),
      'netns',
      {
        images: [undefined],
        problems: [],
        remarks: [`info: vm1: image ubuntu-22.04 is not used: ${truth}; undefined`],
      },
    ],
    ['has a default on qemu', labOf('qemu', ''), undefined, { images: ['ubuntu-24.04'], ...nothing }],
    ['also where it is chosen', labOf('netns', ''), 'qemu', { images: ['ubuntu-24.04'], ...nothing }],
    [
      'cannot be the system of the host on qemu',
      labOf('qemu', '', ', image: host'),
      undefined,
      {
        images: [],
        problems: [
          '7: machines.vm2.image "host", the system of this host, is no image that a machine of qemu can run; write image: ubuntu-24.04, or provider: netns',
        ],
        remarks: [],
      },
    ],
    [
      'nor where qemu is chosen for a lab of netns',
      labOf('netns', ', image: host'),
      'qemu',
      {
        images: [],
        problems: [
          '6: machines.vm1.image "host", the system of this host, is no image that a machine of qemu can run; remove it: each provider then takes its own, qemu takes ubuntu-24.04',
        ],
        remarks: [],
      },
    ],
    [
      'means nothing to machines that lab did not make',
      labOf('ssh', ', image: ubuntu-24.04'),
      undefined,
      {
        images: [undefined],
        problems: [],
        remarks: [
          'warning: vm1: image ubuntu-24.04 is not used: lab did not make these machines, they run what they ran before; Remove "image".',
        ],
      },
    ],
  ];
  for (const [title, text, chosen, expected] of cases)
    test(title, async () => assert.deepEqual(await told(text, chosen), expected));

  test('and limits mean nothing to machines that lab did not make, which is said in one sentence each', async () => {
    const { remarks } = await told(
      labOf('ssh', ', memory: 256M', ', open-files: 64, disk: 1G', '', ', memory: 1G', ', image: host'),
    );
    assert.deepEqual(remarks, [
      'warning: vm5: image host is not used: lab did not make these machines, they run what they ran before; Remove "image".',
      'warning: not kept: memory of vm1, vm4; disk, open-files of vm2: lab did not make these machines, and sets no limits there; Remove them, or set limits there yourself (limits.conf(5), cgroups).',
    ]);
    for (const provider of ['netns', 'qemu'])
      assert.deepEqual((await told(labOf(provider, ', memory: 256M, processes: 100'))).remarks, []);
  });

  test('and what is asked of networks and routes that its provider does not do is said', async () => {
    const ways = ', forward: true, sysctls: { net.ipv4.ip_default_ttl: 70 }';
    const network = '{ subnet: [192.168.100.0/24, "fd00:1::/64"], nat: false, nat6: true, router-advertisement: true }';
    const text = (provider: string): string =>
      labOf(provider, ways, ', gateway: false').replace(/net: \{ subnet.*? \}/, `net: ${network}`);
    assert.deepEqual((await told(text('ssh'))).remarks, [
      'info: looked at, and not set: forward, sysctls of vm1; gateway of vm2: lab did not make these machines, and changes no routes there; Set them there yourself (ip-route(8), sysctl(8)); "lab up" says what differs.',
      'warning: router-advertisement of net has no effect: lab did not make these networks; Remove it, or let a router there send them (radvd(8)).',
    ]);
    assert.deepEqual((await told(text('qemu'))).remarks, [
      'warning: nat6 of net has no effect: machines of qemu reach nothing outside of the lab by IPv6; Remove it, or use --provider netns.',
    ]);
    assert.deepEqual((await told(text('netns'))).remarks, []);
  });

  test('is reported together with the other problems of the file, in their order', async () => {
    const { problems } = await told(labOf('qemu', ', image: host', ', memory: much'));
    assert.deepEqual(
      problems.map((text) => text.split(' ', 2).join(' ')),
      ['6: machines.vm1.image', '7: machines.vm2.memory'],
    );
  });

  test('of many machines is one sentence', async () => {
    const { remarks } = await told(labOf('netns', ...Array.from({ length: 20 }, () => ', image: ubuntu-24.04')));
    assert.equal(remarks.length, 1);
    assert.match(remarks[0]!, /^warning: vm1, vm2, vm3 and 17 more: image ubuntu-24\.04 is not used: /);
  });
});

describe('a lab of netns whose file names an image', { skip: await cannotMakeMachines() }, () => {
  const folder = labFolder({ 'lab.yaml': labOf('netns', ', image: ubuntu-24.04') });
  const stateFile = join(folder.path, '.lab/state.json');
  before(() => up(testContext(folder.path).context, { recreate: false }));
  after(() => folder[Symbol.asyncDispose]());

  test('is told so by validate and up, and by no other command', async () => {
    const { context, events } = testContext(folder.path);
    const notices = (): string[] =>
      events.splice(0).flatMap((event) => (event.kind === 'notice' ? [event.message] : []));
    const warning = `vm1: image ubuntu-24.04 is not used: ${truth}`;
    await validate(context, { color: false });
    assert.deepEqual(notices(), [warning]);
    await up(context, { recreate: false });
    assert.deepEqual(notices(), [warning]);
    await plan(context, { recreate: false });
    assert.deepEqual(notices(), [warning]);
    await run(context, { scenario: undefined, times: 1 });
    assert.deepEqual(notices(), []);
  });

  test('runs the system of the host, as status and report say in both languages', async () => {
    const { context } = testContext(folder.path);
    const { machines } = await status(context);
    assert.deepEqual([machines[0]?.image, machines[0]?.system], ['host', hostSystem()]);
    await run(context, { scenario: undefined, times: 1 });
    for (const language of ['en', 'fr'] as const) {
      const output = join(folder.path, `report-${language}`);
      await report(context, { run: undefined, language, format: 'md', output });
      const text = readFileSync(output, 'utf8').replaceAll('\\', '');
      assert.ok(text.includes(`| host (${system}) |`), text.slice(0, 3000));
      assert.ok(!text.includes('ubuntu-24.04'));
    }
    const output = join(folder.path, 'report-json');
    await report(context, { run: undefined, language: 'en', format: 'json', output });
    const { lab } = JSON.parse(readFileSync(output, 'utf8')) as { lab: { machines: readonly object[] } };
    assert.ok('image' in lab.machines[0]! && 'system' in lab.machines[0]);
    assert.deepEqual([lab.machines[0].image, lab.machines[0].system], ['host', hostSystem()]);
  });

  test('that an older lab brought up is not changed by it', async () => {
    const { context } = testContext(folder.path);
    const state = JSON.parse(readFileSync(stateFile, 'utf8')) as { machines: object[] };
    const machines = state.machines.map((machine) => ({ ...machine, image: 'ubuntu-24.04' }));
    writeFileSync(stateFile, JSON.stringify({ ...state, fingerprint: '0'.repeat(64), machines }));
    assert.equal((await run(context, { scenario: undefined, times: 1 })).result, 'passed');
    const { made, newlyUp } = await up(context, { recreate: false });
    assert.deepEqual([made, newlyUp], [false, []]);
    assert.ok(!readFileSync(stateFile, 'utf8').includes('ubuntu-24.04'));
  });
});
