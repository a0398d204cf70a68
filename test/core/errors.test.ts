import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  CheckError,
  ConnectionError,
  EnvironmentError,
  ExitCode,
  InterruptedError,
  LabError,
  LockedError,
  messageOf,
  systemCode,
  TimeoutError,
  UsageError,
} from '../../src/core/errors.ts';

test('each kind of failure has the exit code that the interface promises', () => {
  const codes = [CheckError, UsageError, EnvironmentError, TimeoutError, LockedError].map(
    (Kind) => new Kind('m', { code: 'c' }).exitCode,
  );
  assert.deepEqual(codes, [1, 2, 3, 4, 5]);
  assert.equal(new ConnectionError('vm1', 'm', { code: 'c' }).exitCode, 3);
  assert.equal(new InterruptedError('SIGINT').exitCode, 130);
  assert.equal(new InterruptedError('SIGTERM').exitCode, 143);
  assert.equal(ExitCode.bug, 70);
});

test('an error keeps what it was made of, its own name, and its cause', () => {
  const cause = new Error('below');
  const error = new UsageError('wrong', { code: 'some-code', hint: 'Do this.', detail: 'seen', data: { a: 1 }, cause });
  assert.ok(error instanceof LabError && error instanceof Error);
  assert.deepEqual(
    [error.name, error.message, error.code, error.hint, error.detail, error.data],
    ['UsageError', 'wrong', 'some-code', 'Do this.', 'seen', { a: 1 }],
  );
  assert.equal(error.cause, cause);
  assert.ok(!('cause' in new UsageError('wrong', { code: 'some-code' })));
});

test('a lost connection knows its machine', () => {
  const error = new ConnectionError('vm1', 'lost', { code: 'connection-lost' });
  assert.ok(error instanceof EnvironmentError);
  assert.deepEqual([error.machine, error.name], ['vm1', 'ConnectionError']);
});

test('anything that was thrown has a text', () => {
  assert.deepEqual([new Error('a'), 'b', 3, undefined, null].map(messageOf), ['a', 'b', '3', 'undefined', 'null']);
});

test('the code of a system error is found, and only that', () => {
  assert.throws(
    () => readFileSync(join(import.meta.dirname, 'no such file')),
    (error: unknown) => systemCode(error) === 'ENOENT',
  );
  assert.deepEqual([new Error('x'), { code: 5 }, 'ENOENT', undefined, null].map(systemCode), [
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
