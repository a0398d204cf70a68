import assert from 'node:assert/strict';
import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { LabError } from '../../src/core/errors.ts';
import { keepMark, readMark } from '../../src/state/folder-mark.ts';
import { journalPath, openJournal, readJournal } from '../../src/state/journal.ts';
import { readHolder } from '../../src/state/lock/lock-file.ts';
import { acquireLock } from '../../src/state/lock/lock.ts';
import { readState, stateOf, statePath, writeState } from '../../src/state/state.ts';
import { memoryFolder } from '../helpers/memory-folder.ts';
import { isLong, pick, seeded, testSeed } from '../helpers/seeded.ts';
import { sampleLab, sampleMachine, named } from './fixtures/sample-lab.ts';

const rounds = isLong ? 50_000 : 1000;

/** What makes programs stumble, as pieces of JSON. */
const pieces = [
  'null',
  '[]',
  '{}',
  '""',
  '-1',
  '1e999',
  '"__proto__"',
  '"constructor"',
  '"../.."',
  '"/etc"',
  '{"__proto__":{}}',
  '\0',
  '\u{1F600}',
  '\n',
  '[[[[',
  '99999999999999999999',
  'true',
];

/** One to three changes: bits, bytes, slices, values, pieces. */
function mutate(text: string, random: () => number): string {
  let next = text;
  for (let left = 1 + Math.floor(random() * 3); left > 0; left--) {
    const [from, to] = [Math.floor(random() * next.length), Math.floor(random() * next.length)].toSorted(
      (a, b) => a - b,
    ) as [number, number];
    next = pick(
      [
        () => next.slice(0, from),
        () => next.slice(0, from) + next.slice(Math.min(to, from + 40)),
        () => next.slice(0, to) + next.slice(from, from + 60) + next.slice(to),
        () => next.slice(0, from) + pick(pieces, random) + next.slice(from),
        () =>
          next.slice(0, from) +
          String.fromCharCode((next.codePointAt(from) ?? 0) ^ (1 << Math.floor(random() * 7))) +
          next.slice(from + 1),
        () => replaceValue(next, random),
        () => replaceValue(next, random),
      ],
      random,
    )();
  }
  return next;
}

/** Another value in the place of one of JSON, so that what comes out still parses. */
function replaceValue(text: string, random: () => number): string {
  const values = [
    ...text.matchAll(/(?<=[:[,]\s*)("(?:[^"\\]|\\.)*"|-?\d[\d.]*|true|false|null|\[\]|\{\})(?=\s*[,\]}])/g),
  ];
  const found = values.length === 0 ? undefined : pick(values, random);
  return found === undefined
    ? text
    : text.slice(0, found.index) + pick(pieces, random) + text.slice(found.index + found[0].length);
}

async function series(path: string, read: () => unknown): Promise<void> {
  const whole = readFileSync(path, 'utf8');
  const random = seeded(testSeed);
  for (let round = 0; round < rounds; round++) {
    const text = mutate(whole, random);
    writeFileSync(path, text);
    utimesSync(path, 1000, 1000);
    try {
      await read();
    } catch (error) {
      assert.ok(
        error instanceof LabError,
        `seed ${testSeed}, round ${round}: ${String((error as Error).stack)}\n${text}`,
      );
    }
  }
}

test('a mutated state is read as a state whose every field has its type, or refused', async () => {
  using folder = memoryFolder();
  const lab = sampleLab({
    machines: named([
      sampleMachine('vm1', '192.168.100.4', { ssh: { host: 'h', port: 22, user: undefined, key: '~/k' } }),
    ]),
  });
  await writeState(folder.path, {
    ...stateOf(lab, 'id-1', { ports: { vm1: 2201 } }),
    programs: [
      {
        name: 'server',
        on: 'vm1',
        listens: [
          { protocol: 'tcp', port: 7999 },
          { protocol: 'udp', port: 53 },
        ],
      },
    ],
  });
  await series(statePath(folder.path), async () => {
    const state = await readState(folder.path);
    assert.ok(state !== undefined);
    assert.ok(
      state.machines.every(
        ({ name, interfaces }) =>
          /^\w[\w.-]*$/.test(name) && interfaces.every(({ address = '' }) => typeof address === 'string'),
      ),
    );
    assert.ok(state.programs.every(({ listens }) => listens.every(({ port }) => Number.isInteger(port))));
    assert.equal(Object.getPrototypeOf(state), Object.prototype);
  });
});

test('a mutated journal gives its whole records, each with its kind and time', async () => {
  using folder = memoryFolder();
  const journal = openJournal(folder.path);
  await journal.append({ kind: 'lab', labId: 'id-1', name: 'tp1', provider: 'netns' });
  await journal.append({ kind: 'process', pid: 42, startTicks: 7 });
  await series(journalPath(folder.path), async () => {
    for (const { kind, at } of await readJournal(folder.path))
      assert.deepEqual([typeof kind, typeof at], ['string', 'string']);
  });
});

test('a mutated lock names a process, or nobody', async () => {
  using folder = memoryFolder();
  const lock = await acquireLock(folder.path, { command: 'lab up' });
  const path = join(folder.path, 'lock');
  const copy = join(folder.path, 'copy');
  writeFileSync(copy, readFileSync(path));
  await lock.release();
  await series(copy, async () => {
    const holder = await readHolder(copy);
    assert.ok(typeof holder === 'object' && /^\w+$/.test(holder.token));
    if ('pid' in holder) assert.ok(Number.isSafeInteger(holder.pid) && holder.pid > 0);
  });
});

test('a mutated mark of a folder says where it lay, or nothing', async () => {
  using folder = memoryFolder();
  await keepMark(folder.path);
  await series(join(folder.path, 'keys/folder.json'), async () => {
    const mark = await readMark(folder.path);
    if (mark)
      assert.deepEqual(
        [typeof mark.id, mark.place.path.startsWith('/'), typeof mark.place.inode],
        ['string', true, 'string'],
      );
  });
});
