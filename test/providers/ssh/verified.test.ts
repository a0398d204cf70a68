import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readState } from '../../../src/state/state.ts';
import type { MachineProfile } from '../../../src/providers/provider.ts';
import { currentUser, type Finished, type LabUser } from '../../helpers/lab-command.ts';
import { portForward, type PortForward } from '../../helpers/ssh/port-forward.ts';
import { laySshPractical, playsWell, treeOf } from '../../helpers/ssh/ssh-lab.ts';
import { makeSshMachines, type SshMachineOptions, type SshMachines } from '../../helpers/ssh/ssh-machines.ts';

const isRoot = process.getuid?.() === 0;
const plain = { vm1: { address: '192.168.100.4' }, vm2: { address: '192.168.100.5' } } as const;

interface Tried {
  readonly made: SshMachines;
  readonly user: LabUser;
  readonly up: Finished;
}

/** Brings the practical up, and hands over what came of it. */
async function tryUp(
  machines: Readonly<Record<string, SshMachineOptions>>,
  look: (tried: Tried) => void | Promise<void>,
  prepare: (made: SshMachines) => Readonly<Record<string, string>> = () => ({}),
): Promise<void> {
  await using made = await makeSshMachines(machines);
  await using user = currentUser(made.within);
  laySshPractical(user, made, prepare(made));
  const homes = (): unknown => Object.values(made.machines).map(({ home }) => treeOf(home));
  const before = homes();
  const up = await user.lab('up', '--accept-new-host-keys');
  if (up.exitCode !== 0) assert.deepEqual(homes(), before, 'what is refused changes nothing');
  await look({ made, user, up });
}

/** The same machine, with its interface and address as lab.yaml writes them, reached at another address. */
function described(
  made: SshMachines,
  { user, port, address, host }: Readonly<Record<'user' | 'port' | 'address' | 'host', string>>,
): string {
  return `{ user: ${user}, interfaces: { ${port}: ${address} }, ssh: { host: ${host}, key: ${made.keyFile} } }`;
}

/** Reaches machines past their network; answers what to write for them. */
function throughSideDoors(made: SshMachines, names: readonly string[]): Record<string, string> {
  const config = names.map((name) => `Host door-${name}\n  ProxyCommand ${made.sideDoor(name)}\n`).join('');
  writeFileSync(made.sshConfig, config);
  return Object.fromEntries(
    names.map((name) => [
      name,
      described(made, {
        port: 'eth0',
        address: made.machines[name]!.address,
        host: `door-${name}`,
        user: made.machines[name]!.user,
      }),
    ]),
  );
}

describe(
  'what lab.yaml says of machines is verified',
  { skip: !isRoot && 'making the machines needs root', concurrency: 4 },
  () => {
    test('the interface that has the address is named when lab.yaml names another', async () => {
      await tryUp({ ...plain, vm1: { address: '192.168.100.4', interface: 'enp0s3' } }, ({ up }) => {
        assert.equal(up.exitCode, 3);
        assert.match(
          up.stderr,
          /error: vm1: 192\.168\.100\.4 belongs to enp0s3, not to eth0\nhint: In lab\.yaml, name the interface of vm1 "enp0s3"/,
        );
      });
    });

    test('all that differs is reported at once, on all machines', async () => {
      await tryUp(
        plain,
        ({ up }) => {
          assert.equal(up.exitCode, 3);
          assert.match(
            up.stderr,
            /vm1: eth0 has 192\.168\.100\.4, not 192\.168\.100\.40\n +Write eth0: 192\.168\.100\.4 in lab\.yaml, or give the machine its address: sudo ip address add 192\.168\.100\.40\/24 dev eth0/,
          );
          assert.match(
            up.stderr,
            /vm2: there is no interface eth9, and nothing has 192\.168\.100\.50; there is eth0 \(192\.168\.100\.5\)/,
          );
        },
        (made) => ({
          vm1: described(made, { port: 'eth0', address: '192.168.100.40', host: '192.168.100.4', user: 'ildvm1' }),
          vm2: described(made, { port: 'eth9', address: '192.168.100.50', host: '192.168.100.5', user: 'ildvm2' }),
        }),
      );
    });

    test('IPv6, cards, routes and settings are looked at, and told with the commands that make them right', async () => {
      await using made = await makeSshMachines(plain);
      await using user = currentUser(made.within);
      const ssh = (address: string): string => `ssh: { host: ${address}, key: ${made.keyFile} }`;
      const [eth0, routes] = ['[192.168.100.4, "fd00:1::4"], mtu: 1400', '{ to: 10.9.0.0/16, via: 192.168.100.5 }'];
      laySshPractical(user, made, {
        vm1: `{ user: ildvm1, forward: true, routes: [${routes}], interfaces: { eth0: { network: natnet, address: ${eth0} } }, ${ssh('192.168.100.4')} }`,
        vm2: `{ user: ildvm2, address: [192.168.100.5, "fd00:1::5"], ${ssh('192.168.100.5')} }`,
      });
      const file = join(user.folder, 'lab.yaml');
      const networks = 'networks: { natnet: [192.168.100.0/24, "fd00:1::/64"] }';
      writeFileSync(file, readFileSync(file, 'utf8').replace(/^networks: .*$/m, networks));
      const up = async (): Promise<Finished> => user.lab('up', '--accept-new-host-keys');
      const { vm1, vm2 } = made.machines;

      const first = await up();
      assert.equal(first.exitCode, 3);
      const cures = [
        ['vm1: eth0 has 192.168.100.4, not fd00:1::4', 'ip address add fd00:1::4/64 dev eth0'],
        [
          'vm1: it has no route to 10.9.0.0/16, and should have one through 192.168.100.5',
          'ip route replace 10.9.0.0/16 via 192.168.100.5',
        ],
        ['vm1: its kernel has net.ipv4.ip_forward = 0, not 1', 'sysctl -w net.ipv4.ip_forward=1'],
        ['vm1: its kernel has net.ipv6.conf.all.forwarding = 0, not 1', 'sysctl -w net.ipv6.conf.all.forwarding=1'],
        ['vm2: eth0 has 192.168.100.5, not fd00:1::5', 'ip address add fd00:1::5/64 dev eth0'],
      ] as const;
      for (const [fault, command] of cures) {
        assert.ok(first.stderr.includes(fault) && first.stderr.includes(`sudo ${command}\n`), first.stderr);
        (fault.startsWith('vm1') ? vm1! : vm2!).run(...command.split(' '));
      }
      const second = await up();
      assert.match(
        second.stderr,
        /vm1: eth0 carries packets of 1500 bytes \(MTU\), not of 1400\nhint: .*ip link set eth0 mtu 1400/,
      );
      vm1!.run('ip', 'link', 'set', 'eth0', 'mtu', '1400');
      const third = await up();
      assert.equal(third.exitCode, 0, third.stderr);
      assert.match(third.stderr, /looked at, and not set: forward, routes of vm1: lab did not make these machines/);
      const why = await user.lab('why', 'vm2', 'fd00:1::4');
      assert.equal(why.exitCode, 0, why.stdout + why.stderr);
    });

    test('an SSH address that leads to another machine of the lab is reported', async () => {
      await tryUp(
        { vm1: { address: '192.168.100.4', user: 'ild' }, vm2: { address: '192.168.100.5', user: 'ild' } },
        ({ up }) => {
          assert.equal(up.exitCode, 3);
          assert.match(
            up.stderr,
            /error: vm1: it has 192\.168\.100\.5, which is the address of vm2, and not 192\.168\.100\.4\nhint: The address or port in "ssh" of vm1 probably leads to vm2/,
          );
        },
        (made) => ({
          vm1: described(made, { port: 'eth0', address: '192.168.100.4', host: '192.168.100.5', user: 'ild' }),
        }),
      );
    });

    test('a machine without a way to another is to blame itself', async () => {
      await tryUp(
        plain,
        ({ up }) => {
          assert.equal(up.exitCode, 3);
          assert.match(
            up.stderr,
            /vm2: it has no route to 192\.168\.100\.4 \(vm1\)\n +vm2 is to blame: check the address and prefix of its eth0/,
          );
        },
        (made) => {
          made.machines['vm2']!.run(
            'sh',
            '-c',
            'ip address del 192.168.100.5/24 dev eth0; ip address add 192.168.100.5/32 dev eth0',
          );
          return throughSideDoors(made, ['vm1', 'vm2']);
        },
      );
    });

    test('a machine that drops packets is to blame, not the one that sends them', async () => {
      await tryUp(
        plain,
        ({ up }) => {
          assert.equal(up.exitCode, 3);
          assert.match(
            up.stderr,
            /vm2: vm1 is on its network, but answers neither ping nor TCP at 192\.168\.100\.4\n? *(?:hint: )?vm1 is to blame: a firewall there drops packets/,
          );
        },
        (made) => {
          // Answers go nowhere, as a firewall would have it.
          made.machines['vm1']!.run('ip', 'route', 'add', 'blackhole', '192.168.100.5/32');
          return throughSideDoors(made, ['vm1', 'vm2']);
        },
      );
    });

    test('machines with the right addresses on two networks are reported as right', async () => {
      await tryUp(
        plain,
        ({ up }) => {
          assert.equal(up.exitCode, 3);
          assert.match(
            up.stderr,
            /vm2: nobody on the network of its eth0 answers for 192\.168\.100\.4 \(vm1\)\n +vm2 and vm1 have the right addresses, but are not on one network/,
          );
        },
        (made) => {
          made.detach('vm2');
          return throughSideDoors(made, ['vm1', 'vm2']);
        },
      );
    });

    test('a cable that is not connected is reported', async () => {
      await tryUp(
        plain,
        ({ up }) =>
          assert.match(up.stderr, /vm2: eth0 has 192\.168\.100\.5, but no link\n? *(?:hint: )?Connect its cable/),
        (made) => {
          made.cable('vm2', 'down');
          return throughSideDoors(made, ['vm1', 'vm2']);
        },
      );
    });

    test('two machines behind ports of one address are told apart, and programs talk over the addresses of the lab', async () => {
      await using made = await makeSshMachines(plain);
      await using user = currentUser(made.within);
      await using one = await portForward(made, 'vm1');
      await using two = await portForward(made, 'vm2');
      const forwarded = ({ name, port }: PortForward): string =>
        `{ user: ild${name}, address: ${made.machines[name]!.address}, ssh: { host: 127.0.0.1, port: ${port}, key: ${made.keyFile} } }`;
      laySshPractical(user, made, { vm1: forwarded(one), vm2: forwarded(two) });
      const run = await playsWell(made, user);
      assert.match(run.stdout, /Connected by : \('192\.168\.100\.5'/);
      const learnt = readFileSync(join(user.folder, '.lab/known_hosts'), 'utf8').trim().split('\n').toSorted();
      const expected = [one, two].map(
        ({ name, port }) => `[127.0.0.1]:${port} ${made.machines[name]!.hostKey.publicKey.replace(/ \S*$/, '')}`,
      );
      assert.deepEqual(learnt, expected.toSorted());
      laySshPractical(user, made, {
        vm1: forwarded({ ...one, port: two.port }),
        vm2: forwarded({ ...two, port: one.port }),
      });
      assert.match(
        (await user.lab('up')).stderr,
        /did not let user ildvm1 in|port in "ssh" of vm1 probably leads to vm2/,
      );
    });

    test('what a machine is like is found out: shell, tools, sudo, Python, Node, home, clock', async () => {
      const aheadBy90s =
        'cp /usr/bin/date $FOLDER/date; printf \'#!/bin/sh\\nexec %s/date -d "+90 seconds" "$@"\\n\' $FOLDER >$FOLDER/fake; chmod 755 $FOLDER/fake; mount --bind $FOLDER/fake /usr/bin/date';
      await tryUp(
        {
          vm1: { address: '192.168.100.4', loginShell: '/bin/dash', prepare: aheadBy90s, hostname: 'ubuntu' },
          vm2: { address: '192.168.100.5' },
        },
        async ({ user, up }) => {
          assert.equal(up.exitCode, 0, up.stderr);
          const state = await readState(join(user.folder, '.lab'));
          const machines = state?.providerState['machines'] as Record<string, { facts: MachineProfile }>;
          const { facts } = machines['vm1']!;
          assert.equal(facts.shell, '/bin/dash');
          assert.equal(facts.hostname, 'ubuntu');
          assert.match(facts.system ?? '', /^Linux /);
          assert.equal(facts.sudo, 'none');
          assert.ok(facts.tools.includes('ss') && facts.tools.includes('bash'));
          assert.match(facts.node ?? '', /^v\d+\./);
          assert.deepEqual([facts.home.path, facts.home.writable, facts.home.executable], ['/home/ildvm1', true, true]);
          assert.deepEqual(facts.unknownNames, { vm2: '192.168.100.5' });
          const { clock } = facts;
          assert.ok(clock && Math.abs(clock.offsetMs - 90_000) < 1000 && clock.roundTripMs > 0, JSON.stringify(clock));
          assert.ok(Math.abs(machines['vm2']!.facts.clock!.offsetMs) < 1000);
        },
      );
    });
  },
);
