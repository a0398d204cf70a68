import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findOnHost } from '../../src/host/tools.ts';
import { runCli, smallLab, temporaryFolder } from '../helpers/cli.ts';
import { makeSource, withoutDpkg } from '../helpers/debian-package.ts';

/** Packages of the name and with the tools of those that "lab doctor --fix" may want; none of them works. */
const packages = Object.entries({
  'openssh-server': ['sshd'],
  'openssh-client': ['ssh'],
  sudo: ['sudo'],
  iproute2: ['ip', 'ss'],
  'iputils-ping': ['ping'],
  tcpdump: ['tcpdump'],
  lsof: ['lsof'],
  'net-tools': ['netstat'],
  'netcat-openbsd': ['nc'],
  procps: ['ps'],
  'python3-minimal': ['python3'],
  nftables: ['nft'],
  slirp4netns: ['slirp4netns'],
  'qemu-system-x86': ['qemu-system-x86_64'],
  'qemu-utils': ['qemu-img'],
}).map(([name, tools]) => ({
  name,
  files: Object.fromEntries(tools.map((tool) => [`/usr/bin/${tool}`, '#!/bin/sh\nexit 1\n'])),
}));

function isQemu(name: string): boolean {
  return name.startsWith('qemu');
}

test(
  'doctor --fix gets QEMU only where virtual machines are asked for, and does nothing when nothing is missing',
  { skip: withoutDpkg() },
  async () => {
    using folder = temporaryFolder({ 'lab.yaml': smallLab, status: '' });
    const [source, cache, nowhere] = ['source', 'cache', 'nowhere'].map((name) => join(folder.path, name)) as [
      string,
      string,
      string,
    ];
    for (const path of [source, cache, nowhere]) mkdirSync(path);
    const fix = async (apt: string, ...words: string[]): Promise<{ fetched: string[]; steps: { title: string }[] }> => {
      const config = join(folder.path, 'apt.conf');
      // To this APT nothing is installed: what is on the host breaks no package of the test.
      writeFileSync(config, `Dir::Etc "${apt}";\nDir::State::status "${join(folder.path, 'status')}";\n`);
      const env = { XDG_CACHE_HOME: cache, APT_CONFIG: config };
      const { stdout } = await runCli(['doctor', '--fix', '--json', ...words], { cwd: folder.path, env });
      return JSON.parse(stdout) as Awaited<ReturnType<typeof fix>>;
    };
    const settings = makeSource(source, packages);
    assert.deepEqual((await fix(settings)).fetched.filter(isQemu), []);
    const wanted = { 'qemu-system-x86': 'qemu-system-x86_64', 'qemu-utils': 'qemu-img' };
    const missing = Object.entries(wanted).filter(([, tool]) => findOnHost(tool) === undefined);
    assert.deepEqual(
      (await fix(settings, '--provider', 'qemu')).fetched.toSorted(),
      missing.map(([name]) => name),
    );
    const { fetched, steps } = await fix(nowhere, '--provider', 'qemu');
    assert.deepEqual([fetched, steps], [[], []]);
  },
);
