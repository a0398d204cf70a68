import { basename } from 'node:path';
import { ownKnownHosts } from './host-keys.ts';
import { algorithmKeywords, type AlgorithmKind, weakAlgorithms } from '../../../ssh/trust/algorithms.ts';
import { defaultKeyNames, type Route } from './route.ts';

/** What OpenSSH's own client needs to take the same way (ssh_config(5)). */
export function sshConfigOf(route: Route | undefined, stateFolder: string): ReadonlyMap<string, string> {
  if (route === undefined) return new Map();
  const {
    host,
    bindAddress,
    bindInterface,
    port,
    user,
    family,
    hostKeyAlias,
    keyFiles,
    onlyKeyFiles,
    jumps,
    proxyCommand,
  } = route;
  // The configuration speaks of another name, so what it says for that has to be said again.
  const key =
    keyFiles.find(({ isWanted }) => isWanted) ?? keyFiles.find(({ path }) => !defaultKeyNames.includes(basename(path)));
  const options: readonly (readonly [string, string | undefined])[] = [
    // A `%` of a scoped IPv6 address would be a token.
    ['HostName', host.replaceAll('%', '%%')],
    ['Port', String(port)],
    ['User', user],
    ['BindAddress', bindAddress],
    ['BindInterface', bindInterface],
    ['AddressFamily', family === undefined ? undefined : family === 4 ? 'inet' : 'inet6'],
    ['HostKeyAlias', hostKeyAlias],
    ['IdentityFile', key?.path],
    ['IdentitiesOnly', onlyKeyFiles ? 'yes' : undefined],
    // In addition to the user's own file, which ssh(1) reads anyway.
    ['GlobalKnownHostsFile', ownKnownHosts(stateFolder)],
    ['ProxyJump', jumps.length === 0 ? undefined : jumps.map(hop).join(',')],
    ['ProxyCommand', proxyCommand?.replaceAll('%', '%%')],
    ...weakOptions(route),
  ];
  return new Map(options.filter((option): option is readonly [string, string] => option[1] !== undefined));
}

function hop({ user, host, port }: Route): string {
  return `${user}@${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** What is allowed to this server alone. */
function weakOptions({ algorithms = {} }: Route): [string, string][] {
  return (Object.keys(algorithms) as AlgorithmKind[]).flatMap((kind) => {
    const weak = algorithms[kind]!.filter((name) => weakAlgorithms[kind].includes(name));
    return weak.length === 0 ? [] : [[algorithmKeywords[kind], `+${weak.join(',')}`]];
  });
}
