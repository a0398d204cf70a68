import { readFileSync } from 'node:fs';
import { after } from 'node:test';

/**
 * Imported before every test file (`node --import`): a file whose tests are over, but which something keeps alive, fails
 * and says what, instead of standing until somebody ends all tests. A test that fails half-way may leave such a thing.
 */
const GRACE_MS = 20_000;

after(() => {
  setTimeout(() => {
    const children = childrenOf(process.pid);
    const open = [...process.getActiveResourcesInfo(), ...children.map((pid) => `process ${pid}: ${commandOf(pid)}`)];
    console.error(`the tests of this file are over, but it does not end: ${open.join(', ')}`);
    // They may hold the standard output of this process, for whose end the runner waits.
    for (const pid of children) process.kill(pid, 'SIGKILL');
    process.exit(1);
  }, GRACE_MS).unref();
});

function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
}
