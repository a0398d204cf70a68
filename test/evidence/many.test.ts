import assert from 'node:assert/strict';
import { chownSync, copyFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RunResult } from '../../src/commands/runs/run.ts';
import type { RunDocument } from '../../src/report/run/run-summary.ts';
import { currentUser, type LabUser } from '../helpers/lab-command.ts';
import { cannotMakeMachines } from '../helpers/machines/machines.ts';

const files = ['greets-many.py', 'talks-by-number.py'];

const common = `params: { who: { description: who is greeted } }
networks: { wire: { subnet: 10.7.0.0/24, nat: false } }
scenarios:
  talk:
    - start: server
    - expect: { server: '/token (?<token>\\d+)/' }
    - start: client-*
    - expect: { client-*: '/id (?<id>\\d+)/' }
    - send: { client-*: "{who} {n} {id} {token}" }
    - expect: { client-*: "echo {who} {n} {id} {token}" }
    - all: [ { expect: { server: "got {who} 3 {client-3.id}" } }, { expect: { server: "got {who} 1 11" } } ]
    - any: [ { expect: { server: never } }, { expect: { client-2: "c2> " } } ]
    - not: { expect: { client-*: again }, for: 100ms }
    - run: { on: c*, command: [hostname], output: '/(?<host>.+)/' }
    - run: { program: client-*, command: [test, "{host}", =, "c-{n}", -a, -e, talks-by-number.py] }
    - send: { client-*: exit }
    - exit: { client-*: 0 }
`;

const lab = `version: 1
name: crowd
include: [common.yml]
machines:
  hub: { address: 10.7.0.2 }
  c: { count: 4, address: 10.7.0.10+ }
programs:
  server: { on: hub, files: [greets-many.py], command: [python3, greets-many.py], listens: 7999 }
  client: { on: c*, files: [talks-by-number.py], command: [python3, talks-by-number.py, hub, "{n}"], prompt: "c{n}> " }
scenarios:
  wrong:
    - start: server
    - start: client-*
    - send: { client-1: a, client-3: a }
    - { expect: { client-*: echo a }, timeout: 1s }
`;

function layLab({ folder }: LabUser): void {
  const { uid, gid } = statSync(folder);
  writeFileSync(join(folder, 'lab.yaml'), lab);
  writeFileSync(join(folder, 'common.yml'), common);
  for (const name of files) copyFileSync(join(import.meta.dirname, 'fixtures', name), join(folder, name));
  for (const name of ['lab.yaml', 'common.yml', ...files]) chownSync(join(folder, name), uid, gid);
}

test(
  'many clients are played at once, with values, parameters and an included file; the record fits, and a failure names its clients',
  { skip: await cannotMakeMachines() },
  async () => {
    await using user = currentUser();
    layLab(user);
    const up = await user.lab('up');
    assert.equal(up.exitCode, 0, up.stderr);

    const missing = await user.lab('run', 'talk');
    assert.equal(missing.exitCode, 2);
    assert.match(missing.stderr, /"who" has no value \(who is greeted\)[\s\S]*-p who=VALUE/);

    const played = await user.lab('run', 'talk', '-p', 'who=Ada');
    assert.equal(played.exitCode, 0, played.stdout + played.stderr);
    assert.match(played.stdout + played.stderr, /start: client-1…4/);
    const logs = await user.lab('logs', '--role', 'client-2');
    assert.match(logs.stdout, /c2> Ada 2 22 4711\necho Ada 2 22 4711/);
    const runs = join(user.folder, '.lab', 'runs');
    const run = readdirSync(runs).find((name) => name.endsWith('-talk'));
    const result = JSON.parse(readFileSync(join(runs, run!, 'run.json'), 'utf8')) as RunDocument;
    assert.deepEqual(result.params, { who: 'Ada' });
    const report = await user.lab('report', '--format', 'md', '-o', '-');
    assert.match(report.stdout, /Parameters.*who=Ada/);
    const verified = await user.lab('verify');
    assert.equal(verified.exitCode, 0, verified.stdout + verified.stderr);

    const failed = await user.lab('--json', 'run', 'wrong', '-p', 'who=Ada');
    assert.equal(failed.exitCode, 1);
    const { firstFailure } = JSON.parse(failed.stdout) as RunResult;
    const problem = firstFailure?.play.failedStep?.problem;
    assert.deepEqual([problem?.role, problem?.also], ['client-2', ['client-4']]);
  },
);
