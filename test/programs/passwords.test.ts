import assert from 'node:assert/strict';
import { relative } from 'node:path';
import { assertPassed, filesWith, testSets, type PlayedSet } from '../helpers/program-sets.ts';

/** What is typed without echo is stored masked. */
function isMasked(played: PlayedSet, secret: string): void {
  assertPassed(played);
  const typed = played.events.flatMap((event) => (event.kind === 'terminal-input' ? [event.data] : []));
  assert.ok(typed.length > 0);
  assert.deepEqual(
    typed.filter((text) => text.includes(secret)),
    [],
  );
}

/** It stands nowhere but where the programs themselves have it: in their source, and in what they send. */
function leavesNoTrace(secret: string): (played: PlayedSet) => Promise<void> {
  return async (played) => {
    isMasked(played, secret);
    assert.ok(!played.shown.includes(secret));
    const files = filesWith(played.folder, secret).map((path) => relative(played.folder, path));
    assert.deepEqual(
      files.filter((path) => !/^sources\/|\.pcap$/.test(path)),
      [],
    );
    assert.ok(!(await played.report('junit')).includes(secret));
    const lines = (await played.report('md')).split('\n').filter((line) => line.includes(secret));
    assert.deepEqual(
      lines.filter((line) => !/ (?:if|eq) |: PSH, ACK /.test(line)),
      [],
    );
  };
}

await testSets('a program that switches the echo off plays, and what is typed then is stored masked', [
  {
    folder: 'sets/10-py-getpass',
    title: 'getpass in Python, printed by the client',
    check: (played) => isMasked(played, 'azerty'),
  },
  { folder: 'sets/10c-c-noecho', title: 'termios in C', needs: ['cc'], check: (played) => isMasked(played, 'azerty') },
  { folder: 'sets/62-password-stored', title: 'getpass, sent on to the server', check: leavesNoTrace('azerty') },
  { folder: 'variants/perl-stty-password', title: 'stty in Perl', check: leavesNoTrace('s3cr3t-77') },
  {
    folder: 'variants/java-password',
    title: 'readPassword in Java',
    needs: ['javac'],
    check: leavesNoTrace('pässwort-42'),
  },
]);
