import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { toolsFolder } from '../../../src/host/tools.ts';
import type { ImageSource } from '../../../src/providers/qemu/images/known-images.ts';

/** A web server on loopback that offers one image and its list of checksums. */
export interface ImageServer extends AsyncDisposable {
  readonly table: Readonly<Record<string, ImageSource>>;
  /** The `Range` header of each request for the image. */
  readonly ranges: (string | undefined)[];
  /** Bytes after which the next answer breaks off; undefined: never. */
  breakAfter: number | undefined;
  /** What the list of checksums says instead of the truth. */
  checksum: string | undefined;
}

export async function serveImage(content: Buffer): Promise<ImageServer> {
  const server = createServer((request, response) => answer(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const offered: ImageServer = {
    table: {
      small: {
        url: { x64: `${base}/small.img`, arm64: `${base}/small.img` },
        checksums: `${base}/SHA256SUMS`,
        description: 'a small image',
      },
    },
    ranges: [],
    breakAfter: undefined,
    checksum: undefined,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  function answer({ url, headers }: IncomingMessage, response: ServerResponse): void {
    if (url === '/SHA256SUMS')
      return void response.end(
        `${'0'.repeat(64)} *other.img\n${offered.checksum ?? createHash('sha256').update(content).digest('hex')} *small.img\n`,
      );
    offered.ranges.push(headers.range);
    const start = Number(/bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0);
    if (start >= content.length) return void response.writeHead(416).end();
    const body = content.subarray(start);
    response.writeHead(start > 0 ? 206 : 200, { 'content-length': body.length });
    const breakAfter = offered.breakAfter;
    if (breakAfter === undefined) return void response.end(body);
    response.write(body.subarray(0, breakAfter), () => response.destroy());
  }
  return offered;
}

/** A cache without images for this process, until it is disposed of; the tools in it stay. */
export function emptyCache(): Disposable & { readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'lab-cache-'));
  mkdirSync(join(folder, 'lab'));
  symlinkSync(dirname(toolsFolder()), join(folder, 'lab/tools'));
  const before = process.env['XDG_CACHE_HOME'];
  process.env['XDG_CACHE_HOME'] = folder;
  return {
    folder,
    [Symbol.dispose]() {
      if (before === undefined) delete process.env['XDG_CACHE_HOME'];
      else process.env['XDG_CACHE_HOME'] = before;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
