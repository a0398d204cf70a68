import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFindings, SECTION_MARK, serviceUnit } from '../../src/ports/facts.ts';

function hex(text: string): string {
  return Buffer.from(text).toString('hex');
}

function section(name: string, ...lines: string[]): string {
  return [SECTION_MARK + name, ...lines, ''].join('\n');
}

const ownView =
  section('ss', 'LISTEN …') +
  section('facts', 'user 0 root', 'clock 100 1795408270', 'me 1000', 'ssh 192.168.100.1 22', 'above 900', 'above 1');

test('where root looked again, its view counts, but who we are is what the first look says', () => {
  const rootView =
    section('ss', 'LISTEN again') +
    section(
      'facts',
      'holds 50 111',
      'holds 51 111',
      'process 50 40 0 254719.26-663',
      `command 50 ${hex('python3\0server.py\0')}`,
      `command 40 ${hex('bash\0')}`,
      `cgroup 50 ${hex('0::/system.slice/tp1.service\n')}`,
      'user 0 root',
      'clock 100 1795408270',
      'me 0',
      'ssh ',
      'above 950',
    );
  const findings = parseFindings(ownView + rootView + section('end') + section('end'));
  assert.ok(findings);
  assert.equal(findings.table, 'LISTEN again');
  assert.deepEqual(findings.owners, new Map([['111', [50, 51]]]));
  assert.deepEqual(
    [findings.uid, findings.sshPort, [...findings.above], findings.sudo],
    [1000, 22, [900, 1], undefined],
  );
  assert.deepEqual(findings.processes.get(50), {
    parent: 40,
    uid: 0,
    identity: '254719.26-663',
    startedAtMs: 1_795_408_270_000 + 2_547_190,
    command: 'python3 server.py',
    parentCommand: 'bash',
    unit: 'tp1.service',
  });
});

test('a refused sudo, an sshd on a Unix socket, and output that was cut', () => {
  const refused = parseFindings(
    ownView.replace('ssh 192.168.100.1 22', 'ssh UNKNOWN 65535') + 'sudo refused\n' + section('end'),
  );
  assert.deepEqual([refused?.sudo, refused?.sshPort], ['refused', undefined]);
  assert.equal(parseFindings(ownView), undefined);
  assert.equal(parseFindings(''), undefined);
});

test('line breaks and control characters in a command line stay in their line', () => {
  const facts = section('facts', 'process 50 40 0 0.1-2', `command 50 ${hex('a\nb\u001b[31m\0c d\0')}`, 'clock 100 1');
  const process = parseFindings(section('ss') + facts + section('end'))?.processes.get(50);
  assert.deepEqual([process?.command, process?.startedAtMs], ['a b [31m c d', undefined]);
});

test('the systemd service is that of a supervisor, not that of a login', () => {
  assert.equal(serviceUnit('0::/system.slice/nginx.service\n'), 'nginx.service');
  assert.equal(serviceUnit('12:pids:/x.service\n1:name=systemd:/system.slice/cron.service\n'), 'cron.service');
  assert.equal(serviceUnit('0::/user.slice/user-1000.slice/user@1000.service/app.slice/dev.service\n'), 'dev.service');
  for (const login of [
    '/user.slice/user-1000.slice/session-3.scope',
    '/user.slice/user-1000.slice/user@1000.service',
    '/system.slice/ssh.service',
    '/',
  ]) {
    assert.equal(serviceUnit(`0::${login}\n`), undefined);
  }
});
