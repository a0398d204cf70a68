import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify } from '../../src/observe/classify.ts';
import { readFacts } from '../../src/observe/facts.ts';

test('of what several processes of a program wait for, the innermost one that reads a terminal says how it is set', () => {
  const facts = readFacts(
    [
      'arch x86_64',
      'task 1 10 10 S 1 10 34816 10 0 wait_woken 0 0x0 0x7f 0x400',
      'task 1 11 11 S 10 11 34817 11 0 wait_woken 0 0x0 0x7f 0x400',
      'task 1 12 12 S 1 12 34818 12 0 wait_woken 0 0x0 0x7f 0x400',
      'fd 10 0 /dev/pts/0',
      'fd 11 0 /dev/pts/1',
      'fd 12 0 /dev/pts/2',
      'tty 10 /dev/pts/0 -- 0',
      'tty 11 /dev/pts/1 -c 7',
      'tty 12 /dev/pts/2 ec 0',
    ].join('\n'),
  );
  assert.deepEqual(classify(facts, 10), { waits: ['keyboard'], entry: 'hidden', typedUnread: 7, sockets: [] });
  assert.equal(classify(facts, 13), undefined);
});

/** A process that waits for the end of another. */
function waiting(pid: number, parent: number): string {
  return `task 1 ${pid} ${pid} S ${parent} 5 0 -1 0 do_wait 61 0x0`;
}

test('processes that name each other as their parents are told once', () => {
  const facts = readFacts(['arch x86_64', waiting(5, 6), waiting(6, 5), waiting(7, 7)].join('\n'));
  assert.deepEqual(classify(facts, 5)?.waits, ['child']);
});

test('all that an epoll instance watches for input is known, and of a set that is too long its beginning', () => {
  const watched = Array.from({ length: 20_000 }, (_, fd) => `epoll 5 3 ${fd} ${fd % 2 ? '19' : '4'}`);
  const facts = readFacts([...watched, `set 5 5 select 99 ${'ff'.repeat(50_000)}`].join('\n'));
  assert.equal(facts.epolls.get('5:3')?.length, 10_000);
  assert.equal(facts.sets.get('5:5')?.length, 32_768);
});
