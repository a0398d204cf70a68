import { networkInterfaces } from 'node:os';
import { EnvironmentError } from '../../../core/errors.ts';
import { say } from '../../../core/language/say.ts';
import type { Route } from './route.ts';

/**
 * The address of this host that a connection comes from, if the configuration says so: BindAddress, else an address of
 * the interface of BindInterface (ssh_config(5)).
 *
 * @throws {EnvironmentError} `no-local-address` when this host has no such interface.
 */
export function localAddressOf(
  machine: string,
  { host, family, bindAddress, bindInterface }: Route,
): string | undefined {
  if (bindAddress !== undefined || bindInterface === undefined) return bindAddress;
  const wanted = family === 6 || host.includes(':') ? 'IPv6' : 'IPv4';
  const found = networkInterfaces()[bindInterface]?.find((one) => one.family === wanted);
  if (found !== undefined) return found.address;
  throw new EnvironmentError(
    say`${machine}: this host has no interface ${bindInterface} with an ${wanted} address, from which your OpenSSH configuration wants to connect`,
    { code: 'no-local-address', hint: say`Correct BindInterface in ~/.ssh/config; "ip address" shows what there is.` },
  );
}
