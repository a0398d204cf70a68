import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { cannotBe, currentUser, ordinaryUser, type LabUser } from '../../helpers/lab-command.ts';

const lab = (machine = ''): string =>
  `version: 1\nname: outside\nnetworks: { n: { subnet: 192.168.100.0/24, nat: false } }\nmachines: { vm1: { user: ada, address: 192.168.100.4${machine} } }\n`;

/** Runs in the background, holds TCP and UDP ports in all ways, and says that it does. */
const holder = `
import os, socket, sys
if os.fork(): os._exit(0)
os.setsid()
def tcp(address, port, listens, family=socket.AF_INET):
    s = socket.socket(family)
    s.bind((address, port))
    if listens: s.listen()
    return s
held = [tcp('0.0.0.0', 7001, True), tcp('127.0.0.1', 7002, True), tcp('::', 7003, True, socket.AF_INET6), tcp('0.0.0.0', 7004, False)]
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(('', 7005))
client = socket.create_connection(('127.0.0.1', 7001))
print('holds', flush=True)
os.dup2(os.open('/dev/null', os.O_RDWR), 1)
os.dup2(1, 2)
import signal
signal.pause()
`;

/** Programs that lie, in place of all that a look from within could use. */
const liars =
  'for tool in ss ps kill lsof netstat perl awk sed grep cat ls id sudo bash dash sh; do path=$(command -v $tool) && printf "#!/usr/bin/env python3\\nprint(0)\\n" >/tmp/liar && chmod 755 /tmp/liar && cp --remove-destination /tmp/liar "$(readlink -f "$path")"; done';

async function on(user: LabUser, ...command: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await user.lab('exec', 'vm1', '--', ...command);
  assert.equal(exitCode, 0, `${command.join(' ').slice(0, 200)}: ${stdout}${stderr}`);
  return stdout.trim();
}

interface Holder {
  readonly pid: number;
  readonly user: string;
  readonly command: string;
  readonly address: string;
}

interface Report {
  readonly state: string;
  readonly source: string;
  readonly holders: readonly Holder[];
  readonly bound: readonly Holder[];
  readonly connections: readonly unknown[];
}

/** What `lab check-port` tells of the port: of TCP and of UDP. */
async function ports(user: LabUser, number: string): Promise<Report[]> {
  const { stdout, stderr } = await user.lab('--json', 'check-port', number, '--on', 'vm1');
  assert.ok(stdout, stderr);
  const { machines, udp } = JSON.parse(stdout) as { readonly machines: Report[]; readonly udp: Report[] };
  return [machines[0]!, udp[0]!];
}

for (const [kind, make] of [
  ['root', currentUser],
  ['ordinary', ordinaryUser],
] as const) {
  describe(
    `machines of ${kind === 'root' ? 'root' : 'an ordinary user'}, seen from outside`,
    { skip: cannotBe(kind) },
    () => {
      test('ports are told and freed though every tool of the machine lies, and its account may do nothing', async () => {
        await using user = make();
        writeFileSync(join(user.folder, 'lab.yaml'), lab());
        assert.equal((await user.lab('up')).exitCode, 0);
        writeFileSync(join(user.folder, 'holder.py'), holder);
        assert.equal((await user.lab('cp', 'holder.py', 'vm1:holder.py')).exitCode, 0);
        assert.equal(await on(user, 'sh', '-c', `sudo python3 holder.py; sudo sh -c '${liars}'`), 'holds');
        const seen = await Promise.all(
          ['7001', '7002', '7003', '7004', '7005', '7006'].map((number) => ports(user, number)),
        );
        assert.deepEqual(
          seen.map((reports) => reports.map(({ state, source }) => `${state} ${source}`)),
          [
            ['busy kernel', 'free kernel'],
            ['busy kernel', 'free kernel'],
            ['busy kernel', 'free kernel'],
            ['busy kernel', 'free kernel'],
            ['free kernel', 'busy kernel'],
            ['free kernel', 'free kernel'],
          ],
        );
        const [first, second, third, fourth, fifth] = seen.map(([tcp, udp]) => ({ tcp: tcp!, udp: udp! }));
        for (const { holders } of [first!.tcp, second!.tcp, third!.tcp, fifth!.udp])
          assert.deepEqual(
            holders.map(({ user: account, command }) => [account, command]),
            [['root', 'python3 holder.py']],
          );
        assert.deepEqual(
          [first, second, third].map((reports) => reports!.tcp.holders[0]!.address),
          ['0.0.0.0', '127.0.0.1', '::'],
        );
        assert.equal(first!.tcp.connections.length, 1, 'a client is no holder');
        assert.equal(fourth!.tcp.bound[0]?.command, 'python3 holder.py');

        const freed = await user.lab('check-port', '7001', '--on', 'vm1', '--kill', '--yes');
        assert.equal(freed.exitCode, 0, freed.stdout + freed.stderr);
        assert.match(freed.stdout, /ended with SIGTERM: python3 holder\.py/);
        assert.equal((await ports(user, '7002'))[0]!.state, 'free');
        assert.equal((await user.lab('down')).exitCode, 0);
      });

      test('a program that ignores SIGTERM is ended without sudo, by its number in the machine, and nothing else', async () => {
        await using user = make();
        writeFileSync(join(user.folder, 'lab.yaml'), lab(', sudo: false'));
        assert.equal((await user.lab('up')).exitCode, 0);
        const stubborn = `import os, signal, socket, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
s = socket.socket()
s.bind(('', 7001))
s.listen()
bystander = os.fork()
if bystander == 0:
    s.close()
    time.sleep(60)
elif os.fork():
    print(bystander, flush=True)
    os._exit(0)
for fd in 0, 1, 2: os.dup2(os.open('/dev/null', os.O_RDWR), fd)
signal.pause()`;
        const bystander = await on(user, 'python3', '-c', stubborn);
        const freed = await user.lab('check-port', '7001', '--on', 'vm1', '--kill', '--yes');
        assert.match(freed.stdout, /ended with SIGKILL: python3 -c/, freed.stderr);
        assert.equal(await on(user, 'sh', '-c', `kill -0 ${bystander} && echo runs`), 'runs');
        assert.equal((await user.lab('down')).exitCode, 0);
      });

      test('nothing in the machine sees, signals or traces what looks at it', async () => {
        await using user = make();
        writeFileSync(join(user.folder, 'lab.yaml'), lab());
        assert.equal((await user.lab('up')).exitCode, 0);
        const before = await on(user, 'sh', '-c', 'ls /proc | grep -c "^[0-9]"');
        // Each tries to bind(2): two at once would see each other.
        const looks = ['7001', '7002', '7003', '7004', '7005'].map((number) => ports(user, number));
        const script = 'for i in 1 2 3 4 5 6 7 8 9; do cat /proc/[0-9]*/comm; done; kill -9 -1';
        const { stdout } = await user.lab('exec', 'vm1', '--', 'sudo', 'sh', '-c', script);
        assert.doesNotMatch(stdout, /lab-outside|lab-/);
        for (const [report] of await Promise.all(looks)) assert.equal(report?.state, 'free');
        assert.equal(await on(user, 'sh', '-c', 'ls /proc | grep -c "^[0-9]"'), before);
        assert.equal((await user.lab('down')).exitCode, 0);
      });
    },
  );
}
