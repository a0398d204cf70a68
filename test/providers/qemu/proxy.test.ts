import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http, { type RequestListener } from 'node:http';
import https from 'node:https';
import { connect, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { findOnHost } from '../../../src/host/tools.ts';
import { lacksProxies } from '../../../src/providers/qemu/images/ask-server.ts';
import { temporaryFolder } from '../../helpers/cli.ts';
import { finish, repository, type Finished } from '../../helpers/lab-command.ts';
import { without } from '../../helpers/tools.ts';

/** A name that only the proxy knows, so whoever gets an answer has asked it. */
const HOST = 'images.invalid';

describe('downloads of images behind a proxy', { skip: without('openssl') }, () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let plain: Server;
  let secure: Server;
  let proxy: Server;
  const asked: string[] = [];

  before(async () => {
    folder = temporaryFolder();
    const [key, cert] = [join(folder.path, 'key'), join(folder.path, 'cert')];
    const subject = ['-subj', `/CN=${HOST}`, '-addext', `subjectAltName=DNS:${HOST},IP:127.0.0.1`];
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-days',
        '2',
        '-keyout',
        key,
        '-out',
        cert,
        ...subject,
      ],
      { stdio: 'ignore' },
    );
    const answer: RequestListener = ({ url }, response) => {
      if (url === '/moved') response.writeHead(302, { location: '/image' }).end();
      else if (url === '/unprotected') response.writeHead(302, { location: `http://${HOST}/image` }).end();
      else response.end(`here is ${url}`);
    };
    plain = await listening(http.createServer(answer));
    secure = await listening(https.createServer({ key: readFileSync(key), cert: readFileSync(cert) }, answer));
    proxy = await listening(makeProxy(asked, { plain, secure }));
  });
  after(() => {
    for (const server of [plain, secure, proxy]) server.close();
    folder[Symbol.dispose]();
  });

  for (const node of [process.execPath, 'node22']) {
    const name = node === 'node22' ? 'Node.js 22' : 'the Node.js of this checkout';
    const ask = async (url: string, env: Readonly<Record<string, string>>): Promise<Finished & { asked: string[] }> => {
      asked.length = 0;
      const script = `
        import { text } from 'node:stream/consumers';
        import { askServer } from '${join(repository, 'src/providers/qemu/images/ask-server.ts')}';
        process.stdout.write(await text(await askServer('${url}', { headers: {}, signal: new AbortController().signal })));`;
      const { NO_PROXY: _none, no_proxy: _nor, ...outer } = process.env;
      const child = spawn(
        findOnHost(node) ?? node,
        ['--input-type=module', '--disable-warning=ExperimentalWarning', '--eval', script],
        {
          env: { ...outer, NODE_EXTRA_CA_CERTS: join(folder.path, 'cert'), ...env },
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      );
      return { ...(await finish(child)), asked: [...asked] };
    };
    const proxied = (): Readonly<Record<string, string>> => ({ http_proxy: urlOf(proxy), HTTPS_PROXY: urlOf(proxy) });

    describe(`with ${name}`, { skip: node === 'node22' && without('node22') }, () => {
      test('what TLS protects goes through a tunnel, also where the server sends it on', async () => {
        const { stdout, asked: seen } = await ask(`https://${HOST}/moved`, proxied());
        assert.equal(stdout, 'here is /image');
        assert.deepEqual(
          seen,
          Array.from({ length: 2 }, () => `CONNECT ${HOST}:443`),
        );
      });

      test('what nothing protects is asked of the proxy', async () => {
        const { stdout, asked: seen } = await ask(`http://${HOST}/image`, proxied());
        assert.deepEqual([stdout, seen], ['here is /image', [`GET http://${HOST}/image`]]);
      });

      test('whom no_proxy names is asked directly', async () => {
        const url = `${urlOf(secure).replace('http:', 'https:')}/image`;
        const { stdout, asked: seen } = await ask(url, { ...proxied(), no_proxy: 'example.org,127.0.0.1' });
        assert.deepEqual([stdout, seen], ['here is /image', []]);
      });

      test('nothing leads from what TLS protects to what it does not', async () => {
        const { exitCode, stderr, asked: seen } = await ask(`https://${HOST}/unprotected`, proxied());
        assert.notEqual(exitCode, 0);
        assert.match(stderr, /the server sends us on to http:\/\/images\.invalid\/image, which is not protected/);
        assert.deepEqual(seen, [`CONNECT ${HOST}:443`]);
      });
    });
  }
});

test('a Node.js that knows no proxies is told of where one is named', () => {
  const before = process.env['https_proxy'];
  try {
    process.env['https_proxy'] = 'http://127.0.0.1:1';
    assert.deepEqual(['22.20.0', '22.21.0', '24.4.1', '24.5.0', '26.0.0'].map(lacksProxies), [
      true,
      false,
      true,
      false,
      false,
    ]);
  } finally {
    if (before === undefined) delete process.env['https_proxy'];
    else process.env['https_proxy'] = before;
  }
});

/** A proxy that knows one host. */
function makeProxy(asked: string[], { plain, secure }: { readonly plain: Server; readonly secure: Server }): Server {
  const server = http.createServer(({ method, url = '' }, response) => {
    asked.push(`${method} ${url}`);
    http.get(`${urlOf(plain)}${new URL(url).pathname}`, (answer) => answer.pipe(response));
  });
  return server.on('connect', ({ url }, socket) => {
    asked.push(`CONNECT ${url}`);
    const onward = connect((secure.address() as AddressInfo).port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    for (const end of [socket, onward]) end.on('error', () => onward.destroy());
  });
}

async function listening(server: Server): Promise<Server> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
