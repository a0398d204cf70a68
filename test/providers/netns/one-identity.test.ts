import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { findOnHost } from '../../../src/host/tools.ts';
import { freeRange } from '../../../src/host/subordinate-ids.ts';
import { identityFilter } from '../../../src/providers/netns/plan/seccomp.ts';
import { isOnNoSuid, whyMapperRefused } from '../../../src/providers/netns/rights/mapper.ts';
import { makePackage, withoutDpkg } from '../../helpers/debian-package.ts';
import { cannotBe, finish, ordinaryUser, userWithoutRanges, type LabUser } from '../../helpers/lab-command.ts';
import { hostLinks, leftovers, nothing } from '../../helpers/machines/leftovers.ts';

/** The one line that says what is lesser. */
const lesser = /everybody on the machines is root there: port 80 opens, and "sudo -u" changes nothing/g;

function timesTold(text: string): number {
  return [...text.matchAll(lesser)].length;
}

/** Runs `lab` and gives what it printed. */
async function done(user: LabUser, ...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await user.lab(...args);
  assert.equal(exitCode, 0, `lab ${args.join(' ')}: ${stdout}${stderr}`);
  return stdout + stderr;
}

const on = (user: LabUser, machine: string, script: string): Promise<string> =>
  done(user, 'exec', machine, '--', 'sh', '-c', script);

/** As its owner's host has it, another /usr without, or with another, newuidmap; something over that one path would keep /usr from being a layer. */
const otherUsr = (change: string): string[] => [
  'mkdir -p $home/../usr && mount -t tmpfs none $home/../usr && mkdir $home/../usr/up $home/../usr/work',
  'mount -t overlay overlay -o lowerdir=/usr,upperdir=$home/../usr/up,workdir=$home/../usr/work /usr',
  change,
];

describe(
  'an ordinary user without IDs for further accounts',
  { skip: cannotBe('root') || cannotBe('ordinary') },
  () => {
    test('has the whole practical, and is told once at each up what is lesser and how to get all', async () => {
      await using user = userWithoutRanges();
      const links = hostLinks();
      const up = await done(user, 'up');
      assert.equal(timesTold(up), 1, up);
      assert.match(
        up,
        /^! everybody on .*; for all: (.* )?sudo usermod --add-subuids \S+ --add-subgids \S+ tester && lab up --recreate$/m,
      );
      assert.equal(timesTold(await done(user, 'up')), 1, 'up once more');
      assert.equal(timesTold(await done(user, 'status')), 1);

      const holder =
        'nohup python3 -m http.server 7999 >/dev/null 2>&1 & until ss -ltn | grep -q :7999; do sleep 0.1; done';
      assert.equal(await on(user, 'vm1', holder), '');
      assert.match((await user.lab('check-port', '7999', '--on', 'vm1')).stdout, /python3 .*ildvm1/);
      assert.match(await done(user, 'check-port', '7999', '--on', 'vm1', '--kill', '--yes'), /free/);

      const run = await done(user, 'run', 'tp1');
      assert.match(run, /Scenario tp1 passed/);
      assert.equal(timesTold(run), 0, 'only up says it');
      const record = JSON.parse(readFileSync(join(user.folder, '.lab/runs/latest/run.json'), 'utf8')) as object;
      assert.ok(statSync(join(user.folder, '.lab/runs/latest/capture.pcap')).size > 1000, JSON.stringify(record));
      await done(user, 'report');
      assert.match(readFileSync(join(user.folder, '.lab/runs/latest/report.html'), 'utf8'), /SYN/);

      await done(user, 'down');
      assert.deepEqual(leftovers(user.folder, links), nothing);
    });

    test('works in the machines with all that the practicals use', async () => {
      await using user = userWithoutRanges();
      appendFileSync(join(user.folder, 'lab.yaml'), 'ssh: peers\n');
      await done(user, 'up');
      assert.equal(
        (await on(user, 'vm1', 'id -un; hostname; pwd; echo $HOME; sudo id -u; id -u')).trim(),
        'ildvm1\nvm1\n/home/ildvm1\n/home/ildvm1\n0\n0',
      );
      assert.match(await on(user, 'vm1', 'ping -c 1 -W 5 vm2; ssh vm2 hostname'), /1 received[^]*vm2/);
      assert.match(
        await on(
          user,
          'vm1',
          `python3 -c 'import os, socket; s = socket.create_server(("", 80)); os.system("ss -ltnp; lsof -i :80; sudo netstat -ltnp")'`,
        ),
        /"python3",pid=\d+[^]*python3 +\d+ ildvm1 .*\(LISTEN\)[^]*\d+\/python3/,
      );
      // Other accounts are there, and are root.
      assert.match(
        await on(
          user,
          'vm1',
          'sudo -u nobody id -u; su sshd -s /bin/sh -c "id -u"; sudo useradd carol && getent passwd carol',
        ),
        /^0\n0\ncarol:x:1000/,
      );
      assert.match(await on(user, 'vm1', 'stat -c %U /home/ildvm1 /tmp /usr/bin/env'), /^ildvm1\nildvm1\nnobody$/m);
      const capture =
        'timeout 20 tcpdump -l -i eth0 -c 1 icmp 2>&1 | while read -r line; do echo "$line"; case $line in listening*) ping -c 1 vm2 >/dev/null;; esac; done';
      assert.match(await on(user, 'vm1', capture), /vm1 > vm2: ICMP echo request/);

      writeFileSync(join(user.folder, 'notes'), 'of the student\n');
      await done(user, 'cp', 'notes', 'vm1:notes');
      assert.equal(await on(user, 'vm1', 'cat notes; stat -c %U notes'), 'of the student\nildvm1\n');
      assert.match(await done(user, 'why', 'vm2', 'vm1:22'), /listener +.*sshd|listener/);

      const packets = user.start('capture', 'vm1', '-w', 'vm1.pcap', 'icmp');
      const ended = finish(packets);
      while (!/listening|capturing/i.test(String((await once(packets.stderr!, 'data'))[0])));
      await on(user, 'vm1', 'ping -c 2 -i 0.2 vm2');
      packets.kill('SIGINT');
      await ended;
      assert.ok(statSync(join(user.folder, 'vm1.pcap')).size > 200);
    });

    test('installs packages', { skip: withoutDpkg() }, async () => {
      await using user = userWithoutRanges();
      const path = makePackage(user.folder, {
        name: 'lab-test-program',
        files: { '/usr/bin/lab-test-program': '#!/bin/sh\necho installed\n' },
        afterwards: 'mkdir -p /var/lib/lab-test; chown games:adm /var/lib/lab-test; useradd --system lab-test',
      });
      await done(user, 'up');
      await done(user, 'cp', path, 'vm1:program.deb');
      await on(user, 'vm1', 'sudo DEBIAN_FRONTEND=noninteractive apt-get -qq install -y ./program.deb');
      assert.equal(await on(user, 'vm1', 'lab-test-program'), 'installed\n');
    });

    test('the JSON of up and status says it', async () => {
      await using user = userWithoutRanges();
      const up = JSON.parse((await user.lab('up', '--json')).stdout) as {
        readonly notices: { readonly message: string }[];
      };
      assert.equal(timesTold(up.notices.map(({ message }) => message).join('\n')), 1);
      const status = JSON.parse((await user.lab('status', '--json')).stdout) as { readonly remarks: string[] };
      assert.equal(timesTold(status.remarks.join('\n')), 1);
    });

    test('"sudo: false" is refused, as it could not be kept', async () => {
      await using user = userWithoutRanges();
      const file = join(user.folder, 'lab.yaml');
      writeFileSync(file, readFileSync(file, 'utf8').replaceAll('user: ildvm', 'sudo: false, user: ildvm'));
      const links = hostLinks();
      const up = await user.lab('up');
      assert.equal(up.exitCode, 3, up.stderr);
      assert.match(up.stderr, /"sudo: false" of machine vm1 cannot be kept: everybody on the machines is root/);
      assert.deepEqual(leftovers(user.folder, links), nothing);
    });

    test('a host without newuidmap names the package that has it', async () => {
      await using user = ordinaryUser([], {
        host: otherUsr(`rm ${findOnHost('newuidmap')} ${findOnHost('newgidmap')}`),
      });
      assert.match(
        await done(user, 'up'),
        /^! everybody on .*; for all: (.* )?sudo \S+ install uidmap && lab up --recreate$/m,
      );
      const doctor = await user.lab('doctor');
      assert.match(
        doctor.stdout,
        /lacking newuidmap and newgidmap, [^\n]*: not found; without, everybody on the machines[^]*sudo \S+ install uidmap/,
      );
      assert.match(doctor.stdout, /ok +a machine can be made/);
      assert.equal(doctor.exitCode, 0);
    });

    const refusing: readonly (readonly [what: string, host: string[], wrapper: string[], why: RegExp])[] = [
      [
        'has lost its right',
        otherUsr(`chmod u-s ${findOnHost('newuidmap')}`),
        [],
        /has lost its right .*chmod u\+s \S+newuidmap/s,
      ],
      ['may gain no right', [], ['setpriv', '--no-new-privs'], /no program that is started from here may gain rights/],
    ];
    for (const [what, host, wrapper, why] of refusing)
      test(`a newuidmap that ${what} is tried, and the machines do without`, async () => {
        await using user = ordinaryUser([], { host });
        const up = await finish(user.command([...wrapper, user.executable, 'up']));
        assert.equal(up.exitCode, 0, up.stderr);
        assert.match(up.stderr, /^! everybody on .*; "lab doctor" says why newuidmap is refused here$/m);
        assert.equal(await on(user, 'vm1', 'id -u'), '0\n');
        const doctor = await finish(user.command([...wrapper, user.executable, 'doctor']));
        assert.match(doctor.stdout, why);
        assert.equal(doctor.exitCode, 0);
      });
  },
);

/** Numbers of the calls that a filter answers by doing nothing, in its order. */
function callsOf(filter = ''): number[] {
  return [...filter.matchAll(/15000001(..)(..)0000/g)].map(([, low, high]) => parseInt(`${high}${low}`, 16));
}

test('the calls that change an account are those of the architecture', () => {
  // chown, fchown, lchown, fchownat, set*id and setgroups of syscall_64.tbl and of asm-generic/unistd.h, which has no chown and lchown.
  assert.deepEqual(callsOf(identityFilter('x64')), [92, 93, 94, 260, 105, 106, 113, 114, 116, 117, 119, 122, 123]);
  assert.deepEqual(callsOf(identityFilter('arm64')), [54, 55, 143, 144, 145, 146, 147, 149, 151, 152, 159]);
  assert.equal(identityFilter('mips'), undefined);
});

describe('what the words are taken from', () => {
  test('a range for a user is one that nobody has', () => {
    assert.deepEqual(freeRange({ subuid: '', subgid: '' }), { first: 100_000, count: 65_536 });
    const files = { subuid: 'ada:100000:65536\nbob:165536:65536\n', subgid: 'ada:100000:65536\neve:231072:1000\n' };
    assert.deepEqual(freeRange(files), { first: 232_072, count: 65_536 });
    assert.equal(freeRange({ subuid: 'root:600100000:65536\n', subgid: '' }).first, 100_000);
  });

  test('a file system that is mounted nosuid is the one that lies over the path last', () => {
    const mounts = [
      '22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw',
      '30 22 8:2 / /usr rw,nosuid,relatime - ext4 /dev/sda2 rw',
      '31 30 8:3 / /usr/local rw,relatime - ext4 /dev/sda3 rw',
    ].join('\n');
    assert.deepEqual(
      ['/usr/bin/newuidmap', '/usr/local/bin/newuidmap', '/opt/newuidmap'].map((path) => isOnNoSuid(path, mounts)),
      [true, false, false],
    );
    const facts = { isSetUid: true, isOnNoSuid: true, noNewPrivileges: false };
    const root = { isRoot: false, hasSudo: true, isAdministrator: true };
    assert.deepEqual(whyMapperRefused('/usr/bin/newuidmap', { ...facts, reader: root }), {
      why: 'the file system of /usr/bin/newuidmap is mounted nosuid',
      howToGet: ['sudo mount -o remount,suid "$(findmnt -no TARGET -T /usr/bin/newuidmap)"'],
    });
  });
});
