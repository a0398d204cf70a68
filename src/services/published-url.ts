import type { Publication } from '../lab/types.ts';

/** Ports of machines at which TLS is usual. */
const tlsPorts: ReadonlySet<number> = new Set([443, 8443]);

/** What a browser of this host is told. */
export function publishedUrl({ port, hostPort, address }: Publication): string {
  const host = address === '::1' ? '[::1]' : '127.0.0.1';
  return `${tlsPorts.has(port) ? 'https' : 'http'}://${host}:${hostPort}/`;
}
