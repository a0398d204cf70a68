import { say } from '../../core/language/say.ts';
import type { ProblemText } from '../problem.ts';
import type { WrittenPublication } from '../types.ts';

/** `8080:80`, `127.0.0.1:8080:80`, `[::1]:8080:80`; what is no port number is found by `publishRule`. */
export const PUBLISHED = /^(?:(\[[^\]]*\]|[^:[\]]*):)?(\d+):(\d+)$/;

/** What `publish` may say in words; a bare number is a port on both sides. */
export function publishRule(text: string): ProblemText | undefined {
  if (/\/udp$/i.test(text))
    return {
      message: say`${JSON.stringify(text)} is a port of UDP, and only TCP can be published`,
      hint: say`a client of UDP runs on a machine of the lab: lab exec MACHINE`,
    };
  const [, address, hostPort, port] = PUBLISHED.exec(text) ?? [];
  if (hostPort === undefined || port === undefined)
    return { message: say`${JSON.stringify(text)} is no port to publish`, hint: example() };
  const wrong = [hostPort, port].find((number) => !isPort(Number(number)));
  if (wrong !== undefined)
    return { message: say`port ${wrong} does not exist: ports are from 1 to 65535`, hint: example() };
  if (address === undefined || loopback(address) !== undefined) return undefined;
  return {
    message: say`${JSON.stringify(address)} is not this host's loopback: what is published is for this host alone`,
    hint: say`write ${hostPort}:${port}, or 127.0.0.1:${hostPort}:${port}`,
  };
}

/** A text that `publishRule` allows. */
export function parsePublished(text: string): WrittenPublication | undefined {
  const [, written, hostPort, port] = PUBLISHED.exec(text) ?? [];
  if (publishRule(text) !== undefined) return undefined;
  const address = written === undefined ? undefined : loopback(written);
  return { ...(address && { address }), hostPort: Number(hostPort), port: Number(port) };
}

function loopback(written: string): WrittenPublication['address'] {
  if (written === '127.0.0.1') return written;
  return written === '[::1]' ? '::1' : undefined;
}

function isPort(number: number): boolean {
  return number >= 1 && number <= 65_535;
}

function example(): string {
  return say`for example: 8080:80 (port 80 of the machine is port 8080 of this host)`;
}
