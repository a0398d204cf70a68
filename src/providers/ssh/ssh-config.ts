import { ownKnownHosts } from './host-keys.ts';
import type { Route } from './route.ts';

/** What OpenSSH's own client needs to take the same way (ssh_config(5)). */
export function sshConfigOf(route: Route | undefined, stateFolder: string): ReadonlyMap<string, string> {
  if (route === undefined) return new Map();
  const { host, port, user, family, hostKeyAlias, keyFiles, onlyKeyFiles, jumps, proxyCommand } = route;
  const wanted = keyFiles.find(({ isWanted }) => isWanted);
  const options: readonly (readonly [string, string | undefined])[] = [
    ['HostName', host],
    ['Port', String(port)],
    ['User', user],
    ['AddressFamily', family === undefined ? undefined : family === 4 ? 'inet' : 'inet6'],
    ['HostKeyAlias', hostKeyAlias],
    ['IdentityFile', wanted?.path],
    ['IdentitiesOnly', onlyKeyFiles ? 'yes' : undefined],
    // Beside the user's own file, which ssh(1) reads anyway.
    ['GlobalKnownHostsFile', ownKnownHosts(stateFolder)],
    ['ProxyJump', jumps.length === 0 ? undefined : jumps.map(hop).join(',')],
    ['ProxyCommand', proxyCommand?.replaceAll('%', '%%')],
  ];
  return new Map(options.filter((option): option is readonly [string, string] => option[1] !== undefined));
}

function hop({ user, host, port }: Route): string {
  return `${user}@${host.includes(':') ? `[${host}]` : host}:${port}`;
}
