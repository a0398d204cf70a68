import { existsSync } from 'node:fs';
import { EnvironmentError } from '../../../core/errors.ts';
import { say } from '../../../core/language/say.ts';
import type { LinkCapture, LinkCaptureRequest } from '../../../packets/link-capture.ts';
import { connectUnix } from '../../../host/unix-socket.ts';
import type { Machine } from '../../../lab/types.ts';
import type { AttachedMachine } from '../../provider.ts';
import { captureOver } from '../../capture-socket.ts';
import { switchCaptures } from '../folders.ts';
import { portOf } from '../machine-plan.ts';
import type { CaptureRequest } from '../switch/captures.ts';
import { compileFilter } from './filter.ts';
import { withAddresses } from './filter-names.ts';

/**
 * What is captured without a filter: all but the SSH connections from this host, which come through the gateway (slirp,
 * whose address begins with 52:55). They are lab's own work, `lab exec` and `lab ssh` among it. With a filter there is
 * what it says.
 */
const NOT_OUR_OWN = 'not ((ether[6:2] = 0x5255 and tcp dst port 22) or (ether[0:2] = 0x5255 and tcp src port 22))';

/**
 * Captures at the switch's end of a machine's links; nothing where no switch of this lab serves captures. A filter may
 * name any of `machines`.
 */
export function captureAt(
  machine: Machine,
  machines: readonly Machine[],
  stateFolder: string,
): Pick<AttachedMachine, 'captureLink'> {
  const socket = switchCaptures(stateFolder);
  const captureLink: LinkCapture = (request) => capture(machine, machines, socket, request);
  return existsSync(socket) ? { captureLink } : {};
}

async function capture(
  { name, interfaces }: Machine,
  machines: readonly Machine[],
  socket: string,
  request: LinkCaptureRequest,
): Promise<number | undefined> {
  const index = interfaces.findIndex((link) => link.name === request.interface);
  if (index === -1) throw new EnvironmentError(say`${name} has no link ${request.interface}`, { code: 'no-interface' });
  const compiled = await compileFilter(
    request.filter.trim() === '' ? NOT_OUR_OWN : withAddresses(request.filter, machines),
    request.signal,
  );
  if ('complaint' in compiled) {
    await request.onOutput('stderr', Buffer.from(compiled.complaint));
    return compiled.exitCode;
  }
  const asked: CaptureRequest = { port: portOf(name, index), program: compiled.program };
  return captureOver(connectUnix(socket), { machine: name, line: JSON.stringify(asked) }, request);
}
