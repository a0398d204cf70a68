import assert from 'node:assert/strict';
import { mkdtempDisposableSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { EventBody } from '../../src/core/events.ts';
import { RunFolder } from '../../src/state/runs/run-folder.ts';

const stars = (shown: string): void => assert.match(shown, /^send: \{ client: "\*+" \}$/);

for (const secret of ['s3cret', 'mot de "passe"', 'é\\🙂\u200b', 'a'])
  test(`${JSON.stringify(secret)} is nowhere in the files of a run, and what others printed stays`, async () => {
    using home = mkdtempDisposableSync(join(tmpdir(), 'lab-secret-'));
    const folder = await RunFolder.create({
      stateFolder: home.path,
      scenario: 'tp',
      wallMs: Date.now(),
      onFault: (error) => assert.fail(error.message),
    });
    const record = (body: EventBody): void =>
      void folder.record({ ...body, at: { monotonicMs: 1, wallMs: Date.now() } });
    const text = `send: { client: ${JSON.stringify(secret)} }`;
    const step = { index: 0, line: 9, text };
    record({ kind: 'run-started', run: folder.id, scenario: 'tp', lab: 'x', roles: [], steps: [step] });
    record({ kind: 'scenario-step-started', ...step });
    record({ kind: 'terminal-opened', role: 'p', machine: 'vm1', columns: 80, rows: 24, command: ['p'] });
    record({ kind: 'terminal-output', role: 'p', data: `it says "${secret}"\r\n` });
    await folder.hide(secret);
    record({ kind: 'scenario-step-passed', index: 0, line: 9, text: 'send: { client: "••••" }', durationMs: 1 });
    record({ kind: 'run-finished', run: folder.id, result: 'passed', durationMs: 2 });
    await folder.close();
    const events = readFileSync(join(folder.path, 'events.ndjson'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as EventBody);
    for (const event of events) {
      if (event.kind === 'run-started') stars(event.steps![0]!.text);
      if (event.kind === 'scenario-step-started') stars(event.text);
      if (event.kind === 'terminal-output') assert.equal(event.data, `it says "${secret}"\r\n`);
    }
    assert.equal(events.length, 6);
    const cast = readFileSync(join(folder.path, 'session.cast'), 'utf8');
    const markers = cast.split('\n').filter((line) => line.includes('"m", "send'));
    assert.equal(markers.length, 1);
    stars((JSON.parse(markers[0]!) as [number, string, string])[2]);
    assert.ok(!readFileSync(join(folder.path, 'run.json'), 'utf8').includes(JSON.stringify(text).slice(1, -1)));
  });
