import { join } from 'node:path';
import { say } from '../../../core/language/say.ts';
import { fingerprint, type HostKey, type HostKeyPolicy } from '../../../ssh/trust/host-key.ts';
import { hostName, keysOf, learnHostKey, readKnownHosts } from '../../../ssh/trust/known-hosts.ts';
import { serverText } from '../../../ssh/target.ts';
import { clearWay } from '../../../state/files/own-file.ts';
import type { LoginPolicy } from '../../provider.ts';
import type { Route } from './route.ts';

/** Running it would let another program decide what to trust; its answers can be put into a file. */
const NO_COMMAND = say`KnownHostsCommand of your OpenSSH configuration is not asked; lab reads known_hosts files only.`;

/** Ours; the user's own files are only read. */
export function ownKnownHosts(stateFolder: string): string {
  return join(stateFolder, 'known_hosts');
}

/**
 * Which host keys of a server are right: those of the user's files and ours. An unknown one is asked for, learnt or
 * refused.
 */
export async function hostKeyPolicy(
  machine: string,
  route: Route,
  { stateFolder, login }: { readonly stateFolder: string; readonly login: LoginPolicy },
): Promise<HostKeyPolicy> {
  const own = ownKnownHosts(stateFolder);
  clearWay(own);
  const name = route.hostKeyAlias ?? route.host;
  // With an alias OpenSSH leaves the port out of the name (ssh_config(5), HostKeyAlias).
  const port = route.hostKeyAlias === undefined ? route.port : 22;
  const entries = await readKnownHosts([...route.knownHostsFiles, own]);
  const known: HostKeyPolicy = {
    ...keysOf(entries, name, port),
    certificateName: name,
    knownAs: hostName(name, port),
    note: route.asksKnownHostsCommand === true ? NO_COMMAND : undefined,
  };
  const learn = (key: HostKey): Promise<void> => learnHostKey(own, name, port, key);
  if (login.acceptNewHostKeys === true || route.newHostKeys === 'accept') return { ...known, learn };
  if (route.newHostKeys === 'refuse' || login.questions === undefined) return known;
  const { questions } = login;
  return { ...known, learn, confirm: (key) => questions.confirm(question(machine, route, key)) };
}

function question(machine: string, { host, port }: Route, key: HostKey): string {
  const found = `${key.type} ${fingerprint(key.blob)}`;
  return [
    say`The host key of ${machine} (${serverText({ host, port })}) is not known: ${found}.`,
    say`Is that the fingerprint that the machine itself shows?`,
  ].join('\n');
}
