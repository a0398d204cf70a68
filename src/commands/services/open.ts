import { devNull } from 'node:os';
import { EnvironmentError, UsageError } from '../../core/errors.ts';
import { hasPort } from '../../core/listen-port.ts';
import { say } from '../../core/language/say.ts';
import { suggestion } from '../../core/text/suggest.ts';
import { startInBackground } from '../../host/background.ts';
import { findOnHost } from '../../host/tools.ts';
import type { Publication } from '../../lab/types.ts';
import type { CommandContext } from '../../session/context.ts';
import { openSession } from '../../session/open-session.ts';
import { publishedUrl } from '../../services/published-url.ts';
import { severalHint } from './known-services.ts';
import { isPublishing } from '../../session/publish.ts';
import type { LabState } from '../../state/state.ts';

export interface OpenResult extends Publication {
  readonly url: string;
  /** Whether a browser was started; otherwise the user has the address. */
  readonly opened: boolean;
}

/**
 * Opens a published port in the browser of this host; no shell reads its address.
 *
 * @param name of a machine, of a service or program that listens on it, or its number; undefined: the first of the lab.
 * @throws {UsageError} for what is not published. @throws {EnvironmentError} when the lab is not up.
 */
export async function open(
  context: CommandContext,
  { name, print }: { readonly name: string | undefined; readonly print: boolean },
): Promise<OpenResult> {
  const session = openSession(context);
  const { state } = await session.machines();
  const found = publicationOf(state, name);
  if (isPublishing(state.labId) === false)
    throw new EnvironmentError(say`the published ports of this lab are not open`, {
      code: 'not-published',
      hint: say`Run "lab up", which opens them again.`,
    });
  const url = publishedUrl(found);
  const browser = print ? undefined : browserCommand(url);
  if (browser !== undefined) await startInBackground(browser, { cwd: '/', env: {}, logFile: devNull });
  return { ...found, url, opened: browser !== undefined };
}

function publicationOf({ published = [], programs, machines }: LabState, name: string | undefined): Publication {
  if (published.length === 0)
    throw new UsageError(say`this lab publishes no ports`, {
      code: 'nothing-published',
      hint: say`Write publish: [8080:80] under the machine, for its port 80, then: lab up`,
    });
  if (name === undefined) return published[0]!;
  const program = programs.find((one) => one.name === name);
  const found =
    published.find(({ hostPort }) => String(hostPort) === name) ??
    published.find(({ port }) => String(port) === name) ??
    published.find(({ machine, port }) => machine === program?.on && hasPort(program.listens, { port })) ??
    published.find(({ machine }) => machine === name);
  if (found !== undefined) return found;
  const known = [...machines, ...programs].map((one) => one.name);
  if (!known.includes(name))
    throw new UsageError(say`there is no machine, service or published port "${name}"`, {
      code: 'unknown-name',
      hint:
        severalHint(name, known) ?? suggestion(name, [...known, ...published.map(({ hostPort }) => String(hostPort))]),
    });
  throw new UsageError(say`no port of "${name}" is published`, {
    code: 'nothing-published',
    hint: say`Published: ${published.map(({ machine, port, hostPort }) => `${hostPort}:${port} (${machine})`).join(', ')}. To add one, write publish: under the machine, then: lab up`,
  });
}

/** Undefined where there is no browser, or no screen for it. */
function browserCommand(url: string): readonly string[] | undefined {
  if (process.platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler', url];
  const opener = findOnHost(process.platform === 'darwin' ? 'open' : 'xdg-open');
  const hasScreen = process.platform === 'darwin' || ['DISPLAY', 'WAYLAND_DISPLAY'].some((name) => process.env[name]);
  return opener === undefined || !hasScreen ? undefined : [opener, url];
}
