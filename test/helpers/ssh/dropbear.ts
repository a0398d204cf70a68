import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKeyPair, type KeyPair } from '../../../src/ssh/keys/key-pair.ts';

/** A real server that is not OpenSSH's: the one of routers and small devices. */
export interface Dropbear extends AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number; readonly user: string };
  readonly userKey: KeyPair;
  /** A line of known_hosts. */
  readonly knownHosts: string;
}

/** Needs root and dropbear(8). It lets root in, whose home is a folder of the test; each connection is a process of its own. */
export async function startDropbear(hostKeyType: 'ed25519' | 'rsa' | 'ecdsa'): Promise<Dropbear> {
  const folder = mkdtempSync(join(tmpdir(), 'lab-dropbear-'));
  const userKey = generateKeyPair('user');
  mkdirSync(join(folder, '.ssh'), { mode: 0o700 });
  writeFileSync(join(folder, '.ssh/authorized_keys'), `${userKey.publicKey}\n`, { mode: 0o600 });
  const made = execFileSync('dropbearkey', ['-t', hostKeyType, '-f', join(folder, 'host_key')], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  writeFileSync(
    join(folder, 'passwd'),
    readFileSync('/etc/passwd', 'utf8').replace(/^root:.*$/m, `root:x:0:0:root:${folder}:/bin/sh`),
  );
  const script = `mount --bind ${folder}/passwd /etc/passwd && exec dropbear -i -r ${folder}/host_key`;
  const server = net.createServer({ pauseOnConnect: true }, (socket) => {
    spawn('unshare', ['-m', 'sh', '-c', script], { stdio: [socket, socket, 'ignore'] });
    socket.destroy();
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const { port } = server.address() as net.AddressInfo;
  return {
    address: { host: '127.0.0.1', port, user: 'root' },
    userKey,
    knownHosts: `[127.0.0.1]:${port} ${/^(?:ssh-|ecdsa-).*$/m.exec(made)?.[0]}\n`,
    async [Symbol.asyncDispose]() {
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
