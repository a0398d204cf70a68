import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatVerify } from '../../src/cli/commands/runs/verify.ts';
import { plain } from '../../src/cli/show/style.ts';
import type { VerifiedRun } from '../../src/commands/runs/verify.ts';

const record: VerifiedRun = {
  run: '20261123-062637-tp1',
  path: '/labs/tp1/.lab/runs/20261123-062637-tp1',
  scenario: 'tp1',
  result: 'passed',
  fits: true,
  signature: { kind: 'unsigned', message: 'It is not signed.' },
  misfits: [],
  more: 0,
  unknown: [],
};

test('each record has its verdict, its contradictions and what is not known; several have a sum', () => {
  const records: VerifiedRun[] = [
    record,
    { ...record, isTrusted: false },
    {
      ...record,
      fits: false,
      more: 2,
      misfits: [{ kind: 'missing', file: 'client.log', message: 'client.log is missing, though run.json lists it' }],
      unknown: [{ kind: 'no-capture', message: 'There are no packets to compare with.' }],
    },
  ];
  assert.equal(
    formatVerify({ fits: false, records }, { style: plain, cwd: '/labs/tp1' }),
    `The record fits: 20261123-062637-tp1, scenario tp1, passed (.lab/runs/20261123-062637-tp1)
  · It is not signed.
The record fits, but is not signed as asked for: 20261123-062637-tp1, scenario tp1, passed (.lab/runs/20261123-062637-tp1)
  ✖ It is not signed.
The record does not fit: 20261123-062637-tp1, scenario tp1, passed (.lab/runs/20261123-062637-tp1)
  ✖ client.log is missing, though run.json lists it
  ✖ and 2 more
  · It is not signed.
  ? There are no packets to compare with.
3 records, of which 2 are not in order.
`,
  );
});

test('names from a record do not drive the terminal', () => {
  const text = formatVerify(
    { fits: true, records: [{ ...record, run: 'a\u001b[2Jb', scenario: 'c\nd' }] },
    { style: plain, cwd: '/' },
  );
  assert.match(text, /^The record fits: a\\u\{1b\}\[2Jb, scenario c d, passed /);
});
