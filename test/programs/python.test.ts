import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { pythonAddress, pythonRepr } from '../../src/programs/python.ts';

/** What the machine's own Python says to each text. */
function reprsOfPython(texts: readonly string[]): string[] {
  const program = 'import json, sys; print(json.dumps([repr(text) for text in json.load(sys.stdin)]))';
  return JSON.parse(
    execFileSync('/usr/bin/python3', ['-c', program], { input: JSON.stringify(texts), encoding: 'utf8' }),
  ) as string[];
}

test('a text is quoted as Python quotes it', () => {
  const texts = [
    '',
    'Hello vm1',
    "it's",
    '"',
    `both ' and "`,
    String.raw`back\slash`,
    'tab\tnew\nline\rreturn',
    '\0\u0007\u001b[31m\u007f',
    '\u0085\u00a0\u00ad',
    'é ✓ 漢字 🙂',
    '\u200b\u202e\u2028\u2029\u3000\ufeff',
    '\ue000\uffff',
    '\u{e0001}\u{10ffff}',
    'e\u0301',
    '\ufffd',
  ];
  assert.deepEqual(texts.map(pythonRepr), reprsOfPython(texts));
});

test('every character of the first plane is quoted as Python quotes it, but for those that one side does not know yet', () => {
  const characters = Array.from({ length: 0x1_0000 }, (_, code) => code)
    .filter((code) => code < 0xd800 || code > 0xdfff)
    .map((code) => String.fromCodePoint(code));
  const theirs = reprsOfPython(characters);
  const differing = characters.filter((character, index) => pythonRepr(character) !== theirs[index]);
  // Unicode 14 (Python 3.11) against the newer tables of Node: only characters that Python holds for unassigned may differ.
  assert.ok(
    differing.every((character) => theirs[characters.indexOf(character)]?.startsWith(String.raw`'\u`)),
    differing.join(' '),
  );
  assert.ok(differing.length < 1000, `${differing.length} characters differ`);
});

test('an address is shown as the tuple of Python, an IPv4 peer of a dual-stack socket as IPv4', () => {
  assert.equal(pythonAddress('192.168.100.5', 36222), "('192.168.100.5', 36222)");
  assert.equal(pythonAddress('::ffff:192.168.100.5', 36222), "('192.168.100.5', 36222)");
  assert.equal(pythonAddress('::1', 1), "('::1', 1, 0, 0)");
  assert.equal(pythonAddress('fe80::1%7', 1), "('fe80::1', 1, 0, 7)");
});

test('the zone of a link-local address becomes the number of its interface', (context) => {
  const linkLocal = Object.entries(networkInterfaces()).flatMap(([name, entries]) =>
    (entries ?? []).flatMap((entry) => ('scopeid' in entry && entry.scopeid ? [{ name, entry }] : [])),
  )[0];
  if (linkLocal === undefined) return context.skip('this host has no link-local IPv6 address');
  assert.equal(
    pythonAddress(`${linkLocal.entry.address}%${linkLocal.name}`, 1),
    `('${linkLocal.entry.address}', 1, 0, ${linkLocal.entry.scopeid})`,
  );
});
