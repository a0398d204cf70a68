import { readFileSync } from 'node:fs';
import { after, afterEach, beforeEach } from 'node:test';
import { pathToFileURL } from 'node:url';

/**
 * Imported before every test file (`node --import`): a file whose tests are over, but which something keeps alive, fails
 * and says what, instead of standing until somebody ends all tests. A test that fails half-way may leave such a thing.
 */
const GRACE_MS = 20_000;

let running = 0;
let over = false;
let grace: NodeJS.Timeout | undefined;

beforeEach(() => {
  running++;
  clearTimeout(grace);
});
afterEach(() => {
  running--;
  if (over) wait();
});
// It comes as soon as no test is left to run, which may be while the file still waits (`await`) for what its next tests need.
after(async () => {
  await import(pathToFileURL(process.argv[1]!).href);
  over = true;
  wait();
});

function wait(): void {
  clearTimeout(grace);
  if (running === 0) grace = setTimeout(end, GRACE_MS).unref();
}

function end(): void {
  const children = childrenOf(process.pid);
  const open = [...process.getActiveResourcesInfo(), ...children.map((pid) => `process ${pid}: ${commandOf(pid)}`)];
  console.error(`the tests of this file are over, but it does not end: ${open.join(', ')}`);
  // They may hold the standard output of this process, for whose end the runner waits.
  for (const pid of children) process.kill(pid, 'SIGKILL');
  process.exit(1);
}

function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
}
