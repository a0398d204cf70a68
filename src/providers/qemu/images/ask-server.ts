import { once } from 'node:events';
import type { AgentOptions, IncomingMessage } from 'node:http';
import { say } from '../../../core/language/say.ts';

/** A server, or a proxy, that says nothing for so long has gone. */
const SILENCE_MS = 60_000;
const MOST_REDIRECTS = 5;

export interface AskOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/**
 * Asks a server for a URL, as curl(1) would: by the proxy that the environment names, and to where the server sends us
 * on. (fetch() knows of proxies only when Node.js was started so.)
 *
 * @returns the answer, whose body is yet to be read. @throws when there is none, or what was to be protected by TLS
 *   would not be any more.
 */
export async function askServer(url: string, options: AskOptions): Promise<IncomingMessage> {
  let place = new URL(url);
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const answer = await askOnce(place, options);
    const to = answer.headers.location;
    if (to === undefined || Math.floor((answer.statusCode ?? 0) / 100) !== 3) return answer;
    answer.destroy();
    const next = new URL(to, place);
    if (place.protocol === 'https:' && next.protocol !== 'https:')
      throw new Error(say`the server sends us on to ${next.href}, which is not protected`);
    place = next;
  }
  throw new Error(`the server sends us on more than ${MOST_REDIRECTS} times`);
}

async function askOnce(place: URL, { headers, signal }: AskOptions): Promise<IncomingMessage> {
  // Node.js takes 20 ms to load them, which commands that download nothing do not have to wait for.
  const { request, Agent } = await (place.protocol === 'https:' ? import('node:https') : import('node:http'));
  const asking = request(place, { headers, signal, agent: new Agent({ proxyEnv: proxies() }), timeout: SILENCE_MS });
  asking.on('timeout', () => asking.destroy(new Error(`no answer within ${SILENCE_MS / 1000} s`)));
  asking.end();
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  return answer;
}

/** The proxies of the environment, and who is reached without. Of two spellings Node.js takes the small one, as curl does. */
function proxies(): AgentOptions['proxyEnv'] {
  const { http_proxy, https_proxy, no_proxy, HTTP_PROXY, HTTPS_PROXY, NO_PROXY } = process.env;
  return { http_proxy, https_proxy, no_proxy, HTTP_PROXY, HTTPS_PROXY, NO_PROXY };
}

/** Whether a proxy is named that this Node.js cannot use: agents know of them since 22.21 and 24.5. */
export function lacksProxies(version = process.versions.node): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isOld = major < 22 || (major === 22 && minor < 21) || major === 23 || (major === 24 && minor < 5);
  return isOld && Object.entries(proxies() ?? {}).some(([name, value]) => !/^no_/i.test(name) && value !== undefined);
}
