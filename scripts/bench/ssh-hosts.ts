import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Attempt, retryUntil } from '../../src/core/time/retry.ts';
import { findTool } from '../../src/host/tools.ts';
import { parseHostKey } from '../../src/ssh/trust/host-key.ts';
import { generateKeyPair } from '../../src/ssh/keys/key-pair.ts';
import { knownHostsLine } from '../../src/ssh/trust/known-hosts.ts';

/** Machines that exist already: real sshds on ports of this host, each with a host key of its own. */
export interface SshHosts {
  /** What the user has in ~/.ssh/config; each machine by its name. */
  readonly config: string;
  /** `machines:` of a lab.yaml. */
  readonly labPart: string;
  end(): void;
}

const firstPort = 22_000;

/** Needs root: it lets root in, with an empty home folder and a plain shell, so that nobody's .bashrc is measured. */
export async function startSshHosts(folder: string, count: number): Promise<SshHosts> {
  const sshd = findTool('sshd')!;
  const home = join(folder, 'home');
  mkdirSync(home);
  writeFileSync(
    join(folder, 'passwd'),
    `${readFileSync('/etc/passwd', 'utf8').replaceAll(/^(?:root|sshd):.*\n/gm, '')}root:x:0:0::${home}:/bin/sh\nsshd:x:990:65534::/run/sshd:/usr/sbin/nologin\n`,
  );
  const user = generateKeyPair('bench');
  writeFileSync(join(folder, 'key'), user.privateKey, { mode: 0o600 });
  writeFileSync(join(folder, 'key.pub'), `${user.publicKey}\n`);
  const names = Array.from({ length: count }, (_, index) => ({ name: `vm${index + 1}`, port: firstPort + index }));
  const lines = names.map(({ name, port }) => {
    const host = generateKeyPair(name);
    writeFileSync(join(folder, `${name}.key`), host.privateKey, { mode: 0o600 });
    writeFileSync(
      join(folder, `${name}.conf`),
      [
        `Port ${port}`,
        'ListenAddress 127.0.0.1',
        `HostKey ${folder}/${name}.key`,
        `AuthorizedKeysFile ${folder}/key.pub`,
        'PidFile none',
        'UsePAM no',
        'UseDNS no',
        'StrictModes no',
        'PermitRootLogin yes',
        '',
      ].join('\n'),
    );
    return `${knownHostsLine('127.0.0.1', port, parseHostKey(host.publicKey)!)}\n`;
  });
  writeFileSync(join(folder, 'known_hosts'), lines.join(''));
  const config = join(folder, 'ssh_config');
  const hosts = names.map(({ name, port }) => `Host ${name}\n  HostName 127.0.0.1\n  Port ${port}\n`);
  writeFileSync(
    config,
    `${hosts.join('')}Host *\n  User root\n  IdentityFile ${folder}/key\n  UserKnownHostsFile ${folder}/known_hosts\n`,
  );
  const script = `mount --bind ${folder}/passwd /etc/passwd; mount -t tmpfs none /run; mkdir /run/sshd; exec "$@"`;
  const servers = names.map(({ name }) =>
    spawn('unshare', ['-m', 'sh', '-c', script, 'sh', sshd.path, '-D', '-f', join(folder, `${name}.conf`)], {
      stdio: 'ignore',
      env: { ...process.env, ...sshd.env },
    }),
  );
  await retryUntil(() => listening(count), { what: 'all sshd', timeoutMs: 60_000, intervalMs: 50 });
  return {
    config,
    labPart: names.map(({ name }) => `  ${name}: { ssh: { host: ${name} } }\n`).join(''),
    end: () => servers.forEach(kill),
  };
}

/** Rows of the socket table (proc_net(5)) in state LISTEN on one of the ports. */
function listening(count: number): Attempt<true> {
  const rows = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .filter((row) => {
      const port = Number.parseInt(/: 0100007F:([0-9A-F]{4}) 00000000:0000 0A/.exec(row)?.[1] ?? '0', 16);
      return port >= firstPort && port < firstPort + count;
    });
  return rows.length >= count ? { value: true } : { seen: `${rows.length} listen` };
}

function kill(server: ChildProcess): void {
  server.kill('SIGKILL');
}
