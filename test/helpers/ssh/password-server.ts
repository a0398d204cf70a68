import net, { type AddressInfo } from 'node:net';
import { generateKeyPair } from '../../../src/ssh/keys/key-pair.ts';

export interface PasswordServer extends AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number };
  /** A line of known_hosts. */
  readonly knownHosts: string;
  /** How many passwords were given. */
  attempts(): number;
  /** Those that were given. */
  readonly given: readonly (string | undefined)[];
}

/** An SSH server that knows one password, in the test's own process; OpenSSH's would need accounts of the host for that. It lets users in, runs nothing and forwards connections. */
export async function startPasswordServer(
  method: 'password' | 'keyboard-interactive',
  password: string,
  more: readonly { prompt: string; echo: boolean; answer: string }[] = [],
): Promise<PasswordServer> {
  const { default: ssh2 } = await import('ssh2');
  const hostKey = generateKeyPair('password server');
  let attempts = 0;
  const passwords: (string | undefined)[] = [];
  const server = new ssh2.Server({ hostKeys: [hostKey.privateKey] }, (client) => {
    client.on('tcpip', (accept, _reject, { destIP, destPort }) => {
      const socket = net.connect(destPort, destIP);
      const stream = accept();
      stream.pipe(socket).pipe(stream);
      socket.on('error', () => stream.close());
    });
    client
      .on('error', () => undefined)
      .on('authentication', (attempt) => {
        const decide = (given: readonly (string | undefined)[]): void => {
          attempts++;
          passwords.push(given[0]);
          if (given[0] === password && more.every(({ answer }, index) => given[index + 1] === answer)) attempt.accept();
          else attempt.reject([method]);
        };
        if (attempt.method !== method) attempt.reject([method]);
        else if (attempt.method === 'password') decide([attempt.password]);
        else if (attempt.method === 'keyboard-interactive')
          attempt.prompt(
            [{ prompt: 'Password: ', echo: false }, ...more.map(({ prompt, echo }) => ({ prompt, echo }))],
            (answers) => decide(answers),
          );
      });
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const { port } = server.address() as AddressInfo;
  return {
    address: { host: '127.0.0.1', port },
    knownHosts: `[127.0.0.1]:${port} ${hostKey.publicKey}\n`,
    attempts: () => attempts,
    given: passwords,
    async [Symbol.asyncDispose]() {
      server.close();
    },
  };
}
