import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { cannotBe, currentUser, ordinaryUser, type LabUser } from '../../helpers/lab-command.ts';

const two = `version: 1
name: keys
networks: { n: { subnet: 10.9.0.0/24, nat: false } }
machines: { a: { address: 10.9.0.10, user: u1 }, b: { address: 10.9.0.11, user: u2 } }
`;

/** Runs a shell command on a machine as its user, and gives what it printed, errors too. */
async function on(user: LabUser, machine: string, script: string): Promise<string> {
  return (await user.lab('exec', machine, '--', 'sh', '-c', `{ ${script}; } 2>&1`)).stdout.trim();
}

/** Asks for a login without any question, and prints what comes of it. */
const login = 'ssh -o BatchMode=yes -o StrictHostKeyChecking=yes';

/** Prints the files of a machine in which its root finds a private key; /usr is the host's, and /.lab has what is seen elsewhere. */
const privateKeys =
  "sudo grep -rlsI -e 'PRIVATE KEY' /dev/shm /etc /home /media /mnt /opt /root /run /srv /tmp /var | sort";

function hostKeys(knownHosts: string): string[] {
  return knownHosts
    .trim()
    .split('\n')
    .map((line) => line.split(' ')[2]!);
}

for (const [kind, make] of [
  ['root', currentUser],
  ['ordinary', ordinaryUser],
] as const) {
  describe(
    `keys of machines made by ${kind === 'root' ? 'root' : 'an ordinary user'}`,
    { skip: cannotBe(kind) },
    () => {
      test('nothing in a machine opens another one, and each shows a key of its own', async () => {
        await using user = make();
        writeFileSync(join(user.folder, 'lab.yaml'), two);
        const up = await user.lab('up');
        assert.equal(up.exitCode, 0, up.stderr);
        const hostKey = '/etc/ssh/ssh_host_ed25519_key';
        assert.equal(await on(user, 'a', privateKeys), hostKey);
        assert.match(await on(user, 'a', `cat ${hostKey}`), /Permission denied/);
        // The key of lab itself is of no use from another machine, even to one who has got hold of it.
        await user.lab('cp', '.lab/keys/user', 'a:stolen');
        const attempts = ['', `-i ${hostKey}`, '-i /home/u1/stolen'].flatMap((options) => [
          `${login} ${options} u2@b id`,
          `sudo ${login} ${options} u2@b id`,
        ]);
        const answers = (
          await on(user, 'a', `chmod 600 stolen; ${attempts.map((attempt) => `(${attempt})`).join('; ')}`)
        ).split('\n');
        assert.deepEqual(
          answers.filter((line) => line.includes('Permission denied (publickey)')).length,
          attempts.length,
          answers.join('\n'),
        );
        assert.ok(!answers.join('\n').includes('uid='));

        const known = hostKeys(readFileSync(join(user.folder, '.lab/known_hosts'), 'utf8'));
        assert.equal(new Set(known).size, 2);
        assert.deepEqual(hostKeys(await on(user, 'a', 'cat /etc/ssh/ssh_known_hosts')), known);
        for (const [index, machine] of ['a', 'b'].entries())
          assert.ok((await on(user, machine, `cat ${hostKey}.pub`)).includes(known[index]!));

        assert.equal((await user.lab('up', '--recreate')).exitCode, 0);
        assert.deepEqual(
          hostKeys(readFileSync(join(user.folder, '.lab/known_hosts'), 'utf8')),
          known,
          'machines stay the ones that other tools have learnt',
        );
      });

      test('with "ssh: peers" the accounts reach each other by name, each with a key of its own', async () => {
        await using user = make();
        writeFileSync(join(user.folder, 'lab.yaml'), `${two}ssh: peers\n`);
        const up = await user.lab('up');
        assert.equal(up.exitCode, 0, up.stderr);
        assert.equal(
          await on(user, 'a', `${login} b hostname; ${login} -l u2 10.9.0.11 hostname; ${login} a hostname`),
          'b\nb\na',
        );
        assert.equal(await on(user, 'b', 'echo text >file; scp -q -B file a: && ssh a cat file'), 'text');
        const mine = '/home/u1/.ssh/id_ed25519';
        assert.equal(await on(user, 'a', privateKeys), `/etc/ssh/ssh_host_ed25519_key\n${mine}`);
        assert.match(await on(user, 'a', `sudo -u nobody cat ${mine}`), /Permission denied/);
        assert.notEqual(
          await on(user, 'a', `cut -d' ' -f2 ${mine}.pub`),
          await on(user, 'b', "cut -d' ' -f2 /home/u2/.ssh/id_ed25519.pub"),
        );
      });
    },
  );
}

describe('keys on this host', { skip: cannotBe(process.getuid?.() === 0 ? 'root' : 'ordinary') }, () => {
  test('a lab of an older version, whose machines share a key, works on, is reported, and gets keys of its own', async () => {
    await using user = currentUser();
    writeFileSync(join(user.folder, 'lab.yaml'), two.replace(/, b: .*/, ' }'));
    assert.equal((await user.lab('up')).exitCode, 0);
    const keys = join(user.folder, '.lab/keys');
    const old = `ssh-ed25519 ${hostKeys(readFileSync(join(user.folder, '.lab/known_hosts'), 'utf8'))[0]} lab-host`;
    for (const name of ['host', 'machine']) writeFileSync(join(keys, name), 'PRIVATE KEY\n');
    for (const name of ['host.pub', 'machine.pub']) writeFileSync(join(keys, name), `${old}\n`);
    rmSync(join(keys, 'secret'));
    const again = await user.lab('up');
    assert.equal(again.exitCode, 0, again.stderr);
    assert.match(again.stderr, /share one host key[^]*lab up --recreate/);
    assert.equal((await user.lab('down')).exitCode, 0);
    const up = await user.lab('up');
    assert.equal(up.exitCode, 0, up.stderr);
    assert.deepEqual(readdirSync(keys).toSorted(), ['folder.json', 'secret', 'user', 'user.pub']);
    assert.ok(!readFileSync(join(user.folder, '.lab/known_hosts'), 'utf8').includes(old.split(' ')[1]!));
  });

  test('keys that are damaged are in the way of nothing that lab does, and made again', async () => {
    await using user = currentUser();
    writeFileSync(join(user.folder, 'lab.yaml'), two);
    assert.equal((await user.lab('up')).exitCode, 0);
    const secret = join(user.folder, '.lab/keys/secret');
    const text = readFileSync(secret, 'utf8');
    writeFileSync(
      secret,
      text.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
    );
    assert.equal(await on(user, 'a', 'hostname'), 'a', 'lab itself comes in without them');
    assert.equal((await user.lab('down')).exitCode, 0);
    appendFileSync(join(user.folder, 'lab.yaml'), 'ssh: peers\n');
    const up = await user.lab('up');
    assert.equal(up.exitCode, 0, up.stderr);
    assert.equal(await on(user, 'a', `${login} b hostname`), 'b');
    assert.ok(existsSync(secret) && readFileSync(secret, 'utf8') !== text);
  });
});
