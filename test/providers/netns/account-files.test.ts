import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Machine } from '../../../src/lab/types.ts';
import { accountFiles } from '../../../src/providers/netns/plan/account-files.ts';

const host = {
  passwd:
    'root:x:0:0:root:/root:/bin/bash\nsshd:x:105:65534::/run/sshd:/usr/sbin/nologin\nservice:x:998:998::/:/bin/false\nildvm1:x:1000:1000::/home/ildvm1:/bin/sh\nada:x:1001:1001::/home/ada:/bin/bash\n',
  group:
    'root:x:0:\nadm:x:4:syslog,ildvm1\nsudo:x:27:ada\nkvm:x:104:ildvm1,ada\nservice:x:998:\nildvm1:x:1000:\nada:x:1001:\n',
  shell: '/bin/bash',
};

function linesFor(user: string, oneIdentity = false): { passwd: string[]; group: string[]; shadow: string[] } {
  const { passwd, group, shadow } = accountFiles({ name: 'vm1', user } as Machine, host, { oneIdentity });
  return {
    passwd: passwd.trim().split('\n'),
    group: group.trim().split('\n'),
    shadow: shadow
      .trim()
      .split('\n')
      .map((line) => line.split(':')[0]!),
  };
}

test('the user of a machine has the account of the machine, whatever the host calls its own users', () => {
  for (const user of ['ildvm1', 'ada', 'service', 'student']) {
    const { passwd, group, shadow } = linesFor(user);
    assert.deepEqual(
      passwd.filter((line) => line.startsWith(`${user}:`)),
      [`${user}:x:1000:1000:${user}:/home/${user}:/bin/bash`],
    );
    assert.deepEqual(
      group.filter((line) => line.startsWith(`${user}:`)),
      [`${user}:x:1000:`],
    );
    assert.deepEqual(
      group.filter((line) => line.split(/[:,]/).slice(3).includes(user)),
      [`adm:x:4:${user}`, `sudo:x:27:${user}`],
    );
    assert.equal(new Set(shadow).size, shadow.length);
  }
});

test('no user of the host is in a machine, neither as an account nor as a member of a group', () => {
  const { passwd, group } = linesFor('student');
  assert.ok(![...passwd, ...group].some((line) => /ildvm1|ada|syslog/.test(line)), [...passwd, ...group].join('\n'));
});

test('where root is the only user, every account but nobody is root, and the first line gives the user its name', () => {
  const { passwd, group } = linesFor('student', true);
  assert.equal(passwd[0], 'student:x:0:0:student:/home/student:/bin/bash');
  assert.equal(group[0], 'student:x:0:');
  assert.ok(passwd.includes('sshd:x:0:0::/run/sshd:/usr/sbin/nologin'), passwd.join('\n'));
  assert.ok(passwd.includes('tcpdump:x:0:0::/run/tcpdump:/usr/sbin/nologin'), passwd.join('\n'));
  assert.deepEqual(
    passwd.filter((line) => !/^\w+:x:0:0:/.test(line)),
    [],
  );
  assert.ok(group.includes('service:x:998:'), 'groups of files keep their names');
});
