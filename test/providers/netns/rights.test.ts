import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { HostSituation } from '../../../src/host/situation/host-situation.ts';
import { mountsOver, wslOf } from '../../../src/host/situation/host-situation.ts';
import { switchedOff, whyRefused } from '../../../src/providers/netns/rights/why-refused.ts';
import { cannotBe, currentUser, finish, ordinaryUser, type LabUser } from '../../helpers/lab-command.ts';
import { assertGolden } from '../../helpers/golden.ts';
import { ordinary } from './ordinary-situation.ts';

const asRoot = { reader: { isRoot: true, hasSudo: false, isAdministrator: false }, ownsHost: true, hasSysAdmin: true };
const student = { reader: { isRoot: false, hasSudo: true, isAdministrator: false } };
const withoutSudo = { reader: { isRoot: false, hasSudo: false, isAdministrator: false } };
const { switches } = ordinary;
const ubuntu = { switches: { ...switches, appArmorRestricts: 1 } };
const debian = { switches: { ...switches, unprivilegedClone: 0 } };
const fedora = { switches: { ...switches, maxUserNamespaces: 0 } };
/** What Docker does to /proc and /sys of a container, and to its system calls. */
const docker = {
  container: 'docker',
  isFiltered: true,
  appArmorProfile: 'docker-default',
  hidden: ['/proc/kcore', '/proc/keys', '/sys/firmware'],
  hasTunDevice: false,
} as const;
const podman = { ...docker, container: 'podman', appArmorProfile: undefined, hasSELinux: true } as const;
const withoutSysAdmin = { ...asRoot, hasSysAdmin: false };
const CLONE = 'clone: Operation not permitted';
const PROC = 'machine vm1: mount proc /lab/m/vm1/proc proc 14 : Operation not permitted';

const OVERLAY = 'machine vm1: mount overlay /lab/m/vm1/usr overlay 4 lowerdir=…: Invalid argument';

const situations: readonly [title: string, changes: Partial<HostSituation>, reason?: string][] = [
  ['Ubuntu 23.10 and later', ubuntu],
  ['the same, who is no administrator', { ...ubuntu, ...student }],
  ['the same without sudo', { ...ubuntu, ...withoutSudo }],
  ['the same, Perl elsewhere', { ...ubuntu, perl: '/usr/local/bin/perl' }],
  ['the same, with a profile that AppArmor has not read', { ...ubuntu, hasProfileForPerl: true }, CLONE],
  ['a job of GitHub Actions on ubuntu-24.04', { ...ubuntu, ci: 'github', ...student }],
  ['Debian with its old switch', debian],
  ['Fedora, hardened', fedora],
  ['the same as root', { ...fedora, ...asRoot }],
  ['WSL 1', { wsl: { version: 1, distribution: 'Ubuntu-24.04' }, knowsUserNamespaces: false }],
  ['WSL 2 with a kernel of its own', { wsl: { version: 2, distribution: 'Ubuntu' }, knowsUserNamespaces: false }],
  ['a kernel without user namespaces', { knowsUserNamespaces: false }],
  ['Docker, root', { ...docker, ...withoutSysAdmin }],
  ['Docker with SYS_ADMIN, root', { ...docker, ...asRoot }, 'machine vm1: root /lab/m/vm1: Operation not permitted'],
  ['Docker, an ordinary user', { ...docker, ...withoutSudo }, CLONE],
  ['the same without the filter', { ...docker, ...withoutSudo, isFiltered: false, appArmorProfile: undefined }, PROC],
  ['Docker on a host of Ubuntu, an ordinary user', { ...docker, ...ubuntu, ...withoutSudo }],
  ['Podman without root, root inside', { ...podman, ...withoutSysAdmin, ownsHost: false }],
  ['the container of a job of GitHub Actions, root', { ...docker, ...withoutSysAdmin, ci: 'github' }],
  ['the container of a job of GitLab, root', { ...docker, ...withoutSysAdmin, ci: 'gitlab' }],
  ['the same, an ordinary user', { ...docker, ...withoutSudo, ci: 'gitlab' }, CLONE],
  ['a job of GitLab on Ubuntu, without a container', { ...ubuntu, ...student, ci: 'gitlab' }],
  ['a pod of Kubernetes, root', { ...docker, ...withoutSysAdmin, container: 'kubernetes' }],
  ['a pod of Kubernetes, an ordinary user', { ...docker, ...withoutSudo, container: 'kubernetes' }, CLONE],
  ['a container of Incus', { container: 'lxc', hidden: ['/proc/meminfo'], ...asRoot, ownsHost: false }, PROC],
  ['root that a service took rights from', withoutSysAdmin],
  ['a sandbox', { isFiltered: true }, CLONE],
  ['confined by AppArmor', { appArmorProfile: 'snap.editor.editor' }, CLONE],
  ['something over /proc', { hidden: ['/proc/cpuinfo'] }, PROC],
  ['the same, seen by root of the host', { ...asRoot, hidden: ['/proc/cpuinfo'] }, PROC],
  ['something among the programs', { amongPrograms: ['/usr/share'] }, OVERLAY],
  [
    'the same in a container',
    { amongPrograms: ['/usr/bin/nvidia-smi', '/usr/lib/libcuda.so.1'], container: 'docker' },
    OVERLAY,
  ],
  ['a limit', {}, 'clone: No space left on device'],
  ['nothing known', {}, OVERLAY],
  ['nothing known, as root', asRoot, CLONE],
];

describe('why namespaces are refused, and the exact switch', () => {
  test('is told for each kind of host', () => {
    const told = situations.map(([title, changes, reason]) => {
      const situation = { ...ordinary, ...changes };
      const advice = reason === undefined ? switchedOff(situation) : whyRefused(reason, situation);
      return `${title}\n  ${advice?.why}\n${advice?.howToGet.map((line) => `      ${line}\n`).join('')}`;
    });
    assertGolden(join(import.meta.dirname, 'golden/rights.txt'), told.join('\n'));
  });

  test('root is never told to become root', () => {
    for (const [title, changes, reason = CLONE] of situations) {
      const { howToGet } = whyRefused(reason, { ...ordinary, ...changes, ...asRoot });
      for (const line of howToGet.filter((text) => !text.startsWith('- run:')))
        assert.doesNotMatch(line, /as root|\bsudo\b(?! sysctl -w user| sysctl -w kernel)/, title);
    }
  });

  test('nothing stands against them on an ordinary host', () => {
    assert.equal(switchedOff(ordinary), undefined);
    assert.equal(switchedOff({ ...ordinary, ...asRoot }), undefined);
    assert.equal(switchedOff({ ...ordinary, ...ubuntu, hasProfileForPerl: true }), undefined);
    assert.equal(switchedOff({ ...ordinary, ...asRoot, ...ubuntu, ...debian }), undefined);
  });
});

describe('what a host is', () => {
  test('WSL by its kernel', () => {
    assert.deepEqual(wslOf('4.4.0-19041-Microsoft', 'Ubuntu'), { version: 1, distribution: 'Ubuntu' });
    assert.deepEqual(wslOf('5.15.153.1-microsoft-standard-WSL2', undefined), { version: 2, distribution: 'NAME' });
    assert.equal(wslOf('6.8.0-45-generic', undefined), undefined);
  });

  test('what hides parts of /proc and /sys is told from filesystems that only stand there', () => {
    const mounts = [
      '22 27 0:21 / /proc rw - proc proc rw',
      '23 22 0:22 / /proc/sys/fs/binfmt_misc rw - binfmt_misc binfmt_misc rw',
      '24 22 0:5 /null /proc/kcore rw - devtmpfs udev rw',
      '25 27 0:24 / /sys rw - sysfs sysfs rw',
      '26 25 0:25 / /sys/fs/cgroup rw - tmpfs cgroup rw',
      '27 25 0:7 / /sys/kernel/debug rw shared:9 - debugfs debugfs rw',
      '28 25 0:26 / /sys/firmware ro shared:3 master:1 - tmpfs tmpfs ro',
    ];
    assert.deepEqual(mountsOver(mounts.join('\n')), ['/proc/kcore', '/sys/firmware']);
  });
});

/** `lab up` and `lab doctor` behind `wrapper`: both refuse with the same words, and the host is as it was. */
async function assertTold(user: LabUser, wrapper: readonly string[], words: RegExp): Promise<void> {
  const doctor = await finish(user.command([...wrapper, user.executable, 'doctor']));
  assert.equal(doctor.exitCode, 3, doctor.stdout);
  assert.match(doctor.stdout, words);
  const up = await finish(user.command([...wrapper, user.executable, 'up']));
  assert.equal(up.exitCode, 3, up.stderr);
  assert.match(up.stderr, words);
  assert.doesNotMatch(doctor.stdout + up.stderr, /as root/);
}

const filter = ['perl', join(import.meta.dirname, 'fixtures/refuse-namespaces.pl')];

describe('the kernel refuses for real', { skip: cannotBe('root') || cannotBe('ordinary') }, () => {
  test('a container without its own rights, as root: the capability and no word of becoming root', async () => {
    await using user = currentUser();
    const wrapper = ['setpriv', '--bounding-set=-sys_admin', '--inh-caps=-all'];
    await assertTold(user, [...wrapper, 'env', 'container=docker'], /CAP_SYS_ADMIN[^]*docker run --cap-add SYS_ADMIN/);
  });

  test('a job says what to write into its recipe: for GitHub Actions as an annotation, for GitLab in its words', async () => {
    await using user = currentUser();
    const wrapper = ['setpriv', '--bounding-set=-sys_admin', '--inh-caps=-all', 'env', 'container=docker'];
    const doctor = [user.executable, 'doctor', '--ci'];
    const github = await finish(user.command([...wrapper, 'GITHUB_ACTIONS=true', ...doctor]));
    assert.equal(github.exitCode, 3, github.stdout);
    assert.match(github.stdout, /^GitHub Actions, a container \(docker\), root\n *CAP_SYS_ADMIN +not there\n/);
    assert.match(github.stdout, /below "container:" of this job:\n *options: --cap-add SYS_ADMIN/);
    assert.match(github.stderr, /^::error title=lab doctor%3A .*%0Aoptions: --cap-add SYS_ADMIN/m);
    const gitlab = await finish(user.command([...wrapper, 'GITLAB_CI=true', ...doctor]));
    assert.match(gitlab.stdout, /^GitLab, [^]*\[runners\.docker\]\n *cap_add = \["SYS_ADMIN"\]/);
    assert.doesNotMatch(gitlab.stderr, /::error/);
    const able = await finish(user.command(['env', 'CI=true', ...doctor]));
    assert.equal(able.exitCode, 0, able.stdout);
    assert.match(able.stdout, /^netns: this job can run labs$/m);
  });

  test('a filter of system calls, as root', async () => {
    await using user = currentUser();
    const words = /clone: Operation not permitted[^]*docker run .*--security-opt seccomp=unconfined/;
    await assertTold(user, [...filter, 'env', 'container=docker'], words);
  });

  test('a filter of system calls, as an ordinary user', async () => {
    const copy = ['cp', filter[1], '$home/../filter.pl'].join(' ');
    await using user = ordinaryUser([], { host: [copy] });
    const words = /clone: Operation not permitted[^]*docker run .*--security-opt seccomp=unconfined/;
    await assertTold(user, ['env', 'container=docker', 'perl', '../filter.pl'], words);
  });

  for (const path of ['/proc/timer_list', '/sys/firmware'])
    test(`something over ${path}, as an ordinary user`, async () => {
      const mount = path.startsWith('/proc') ? 'mount --bind /dev/null' : 'mount -t tmpfs none';
      await using user = ordinaryUser([], { host: [`${mount} ${path}`] });
      const words = new RegExp(`mounted over ${path}[^]*docker run .*--security-opt systempaths=unconfined`);
      await assertTold(user, ['env', 'container=docker'], words);
    });

  test('no user namespace is left', async () => {
    // Written inside, the limit counts for what is below it alone.
    await using user = ordinaryUser();
    const inside = 'echo 0 >/proc/sys/user/max_user_namespaces && exec setpriv --inh-caps=-all "$@"';
    const wrapper = ['unshare', '-U', '--map-user=65534', '--map-group=65534', '--keep-caps', 'sh', '-c', inside, 'sh'];
    await assertTold(user, wrapper, /user\.max_user_namespaces is 0[^]*sysctl -w user\.max_user_namespaces=10000/);
    const few = wrapper.map((word) => word.replace('echo 0', 'echo 1'));
    await assertTold(user, few, /a limit of namespaces is reached: user\.max_user_namespaces is 1 here/);
  });
});
