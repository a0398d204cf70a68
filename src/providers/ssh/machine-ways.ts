import { addressNumber, familyOf, familySubnet, holds, type Family } from '../../core/address-family.ts';
import { scriptFile } from '../../core/files/script-file.ts';
import { say } from '../../core/language/say.ts';
import type { Machine, Route } from '../../lab/types.ts';
import type { Shell } from '../../ssh/shell.ts';
import type { MachineFault } from './machine-addresses.ts';

const waysScript = scriptFile(new URL('ways.sh', import.meta.url));

/** What a machine does with packets. */
export interface FoundWays {
  /** Undefined where the machine cannot show them. */
  readonly routes: readonly FoundRoute[] | undefined;
  /** By name; those that it could read. */
  readonly settings: ReadonlyMap<string, string>;
}

export interface FoundRoute {
  /** In CIDR notation, or `default`. */
  readonly to: string;
  readonly via: string | undefined;
  readonly family: Family;
}

const WAYS_TIMEOUT_MS = 30_000;

/** What lab.yaml says of a machine's routes and kernel: lab looks whether it is so, and changes nothing. */
export interface WantedWays {
  readonly routes: readonly Route[];
  /** It is to have no default route. */
  readonly isEnd?: boolean;
  readonly settings: ReadonlyMap<string, string>;
}

/** Undefined where lab.yaml says nothing of them. */
export function wantedWays({ routes = [], gateway, forward, sysctls, interfaces }: Machine): WantedWays | undefined {
  const kinds = [
    ...(interfaces.some(({ address }) => address !== undefined) ? ['net.ipv4.ip_forward'] : []),
    ...(interfaces.some(({ address6 }) => address6 !== undefined) ? ['net.ipv6.conf.all.forwarding'] : []),
  ];
  const settings = new Map([
    ...(forward === true ? kinds.map((kind): [string, string] => [kind, '1']) : []),
    ...(sysctls ?? []),
  ]);
  const all = [...(typeof gateway === 'string' ? [{ to: 'default', via: gateway }] : []), ...routes];
  const isEnd = gateway === false;
  return all.length === 0 && settings.size === 0 && !isEnd ? undefined : { routes: all, settings, isEnd };
}

/** Asks a machine, in one round trip. @throws {ConnectionError} */
export async function lookAtWays(shell: Shell, { settings }: WantedWays, signal: AbortSignal): Promise<FoundWays> {
  const { stdout } = await shell.exec(
    { script: waysScript(), args: [...settings.keys()] },
    { signal, timeoutMs: WAYS_TIMEOUT_MS, endsByItself: true },
  );
  return parseWays(stdout);
}

/** Pure: the lines that ways.sh answers. */
export function parseWays(text: string): FoundWays {
  const lines = text.split('\n').map((line) => line.split('\t'));
  const routes = lines.filter(([kind]) => kind === 'route').flatMap(([, line = '']) => parseRoute(line) ?? []);
  return {
    routes: lines.some(([kind]) => kind === 'ip') ? routes : undefined,
    settings: new Map(
      lines.filter(([kind]) => kind === 'setting').map(([, name = '', value = '']) => [name, plain(value)]),
    ),
  };
}

/** `10.2.0.0/24 via 10.1.0.1 dev eth0`, `default via fe80::1 dev eth0 …`, `10.1.0.0/24 dev eth0 …`, `10.9.0.7 via …`. */
function parseRoute(line: string): FoundRoute | undefined {
  const [to = '', ...rest] = line.trim().split(/\s+/);
  const via = rest[rest.indexOf('via') + 1];
  const next = rest.includes('via') ? via : undefined;
  if (to === 'default') return { to, via: next, family: familyOf(next ?? '') };
  if (addressNumber(to.replace(/\/.*/, '')) === undefined) return undefined;
  const family = familyOf(to);
  return { to: to.includes('/') ? to : `${to}/${family === 4 ? 32 : 128}`, via: next, family };
}

/** Pure: which of the routes and settings a machine does not have. */
export function wayFaults(machine: string, wanted: WantedWays, found: FoundWays): MachineFault[] {
  const surplus = wanted.isEnd === true ? found.routes?.find(({ to }) => to === 'default') : undefined;
  return [
    ...(surplus === undefined
      ? []
      : [
          {
            machine,
            message: say`it has a default route through ${surplus.via ?? '?'}, and should have none (gateway: false)`,
            hint: say`Remove "gateway: false" in lab.yaml, or the route there: sudo ip -${surplus.family} route delete default`,
          },
        ]),
    ...wanted.routes.flatMap((route) => routeFault(machine, route, found.routes) ?? []),
    ...[...wanted.settings].flatMap(([name, value]) => settingFault(machine, name, value, found.settings) ?? []),
  ];
}

function routeFault(machine: string, { to, via }: Route, found: FoundWays['routes']): MachineFault | undefined {
  if (found === undefined) return undefined;
  const taken = bestRoute(to, familyOf(to === 'default' ? via : to), found);
  if (taken?.via === via) return undefined;
  const flag = familyOf(via) === 6 ? '-6 ' : '';
  return {
    machine,
    message: routeWords(to, via, taken),
    hint: say`lab changes no routes of machines that it did not make. Set it there: sudo ip ${flag}route replace ${to} via ${via}`,
  };
}

function routeWords(to: string, via: string, taken: FoundRoute | undefined): string {
  if (taken === undefined) return say`it has no route to ${to}, and should have one through ${via}`;
  return taken.via === undefined
    ? say`it sends to ${to} directly, and not through ${via}`
    : say`it sends to ${to} through ${taken.via}, and not through ${via}`;
}

/** The route that the kernel takes to the whole of a subnet: the most exact one that holds it. */
function bestRoute(to: string, family: Family, found: readonly FoundRoute[]): FoundRoute | undefined {
  const wanted = to === 'default' ? undefined : familySubnet(to);
  const fitting = found.flatMap((route) => {
    if (route.family !== family) return [];
    const subnet = route.to === 'default' ? undefined : familySubnet(route.to);
    if (subnet === undefined) return [{ route, length: -1 }];
    const isWithin =
      wanted !== undefined && subnet.prefixLength <= wanted.prefixLength && holds(subnet, wanted.network);
    return isWithin ? [{ route, length: subnet.prefixLength }] : [];
  });
  return fitting.toSorted((a, b) => b.length - a.length)[0]?.route;
}

function settingFault(
  machine: string,
  name: string,
  value: string,
  found: FoundWays['settings'],
): MachineFault | undefined {
  const has = found.get(name);
  if (has === plain(value)) return undefined;
  return {
    machine,
    message:
      has === undefined
        ? say`its kernel has no setting ${name}, which should be ${value}`
        : say`its kernel has ${name} = ${has}, not ${value}`,
    hint: say`lab changes no settings of machines that it did not make. Set it there: sudo sysctl -w ${name}=${value}`,
  };
}

function plain(value: string): string {
  return value.trim().replaceAll(/\s+/g, ' ');
}
