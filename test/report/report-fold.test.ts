import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventBody } from '../../src/core/events.ts';
import { ReportFold } from '../../src/report/report-fold.ts';
import { stamped, tp1Bodies } from '../helpers/tp1-events.ts';

function folded(bodies: readonly EventBody[]): ReportFold {
  const fold = new ReportFold();
  for (const event of stamped(bodies)) fold.take(event);
  return fold;
}

const notice = (message: string, hint?: string): EventBody => ({
  kind: 'notice',
  level: 'warning',
  message,
  ...(hint !== undefined && { hint }),
});

const check = (port: number): EventBody => ({
  kind: 'port-checked',
  machine: 'vm1',
  port,
  state: 'free',
  holders: [],
  raw: `look ${port}`,
});

const lab = (name: string): EventBody => ({
  kind: 'lab-described',
  lab: { provider: name, networks: [], machines: [], programs: [] } as never,
});

test('a run with any number of port checks and notices is folded into bounded memory, the first ones kept', () => {
  const { portChecks, notices } = folded([
    ...Array.from({ length: 300 }, (_, index) => check(index + 1)),
    ...Array.from({ length: 300 }, (_, index) => notice(`remark ${index + 1}`)),
  ]);
  assert.deepEqual([portChecks.length, portChecks.at(-1)!.port, portChecks.at(-1)!.raw], [100, 100, 'look 100']);
  assert.deepEqual([notices.length, notices.at(-1)], [50, 'remark 50']);
});

test('a notice keeps its hint, and what a run tells twice is reported as it was last', () => {
  const fold = folded([...tp1Bodies, notice('no packets', 'Install tcpdump.'), lab('first'), lab('second')]);
  assert.deepEqual([fold.notices, fold.network.lab?.provider], [['no packets Install tcpdump.'], 'second']);
});
