import { EnvironmentError } from '../core/errors.ts';
import { scriptFile } from '../core/files/script-file.ts';
import { toolWords } from '../core/text/tool-words.ts';
import { execAsRoot } from '../ports/as-root.ts';
import { parseSocketRows, type SocketRow } from '../ports/socket-table.ts';
import type { Shell } from '../ssh/shell.ts';
import { say } from '../core/language/say.ts';

/** What one machine showed of the way to another. What it could not show is undefined. */
export interface MachineProbe {
  readonly machine: string;
  readonly user: string;
  readonly uid: number | undefined;
  /** Addresses of the name, in the order in which a program gets them; empty when the machine does not know it. */
  readonly names: readonly string[] | undefined;
  /** Lines of /etc/hosts with that name, each `NUMBER: TEXT`. */
  readonly hosts: readonly string[];
  readonly interfaces: readonly ProbedInterface[] | undefined;
  /** The address that it looked for a way to; undefined when there is none. */
  readonly aim: string | undefined;
  readonly route: ProbedRoute | undefined;
  readonly neighbour: ProbedNeighbour | undefined;
  /** Whether it hands on packets that are not for itself, by family; only of a router. */
  readonly forwards: { readonly 4: boolean; readonly 6: boolean } | undefined;
  readonly sockets: readonly ProbedSocket[] | undefined;
  readonly firewall: ProbedFirewall;
}

export interface ProbedInterface {
  readonly name: string;
  readonly mac: string | undefined;
  /** It is switched on and has its carrier. */
  readonly isUp: boolean;
  /** The largest packet that it sends, in bytes. */
  readonly mtu: number | undefined;
  readonly addresses: readonly string[];
}

export interface ProbedRoute {
  /** As ip-route(8) says it, also of an error. */
  readonly text: string;
  readonly isLocal: boolean;
  /** The next machine on the way, where the route names one. */
  readonly via: string | undefined;
  readonly device: string | undefined;
  /** Whether the address itself answered an ICMP echo, where something lies between. */
  readonly farEcho: boolean | undefined;
}

export interface ProbedNeighbour {
  /** `REACHABLE`, `STALE`, `FAILED`, …; `NONE` where there is no entry. */
  readonly state: string;
  readonly mac: string | undefined;
  /** Undefined where the machine has no ping(8). */
  readonly answered: boolean | undefined;
}

export interface ProbedSocket extends SocketRow {
  readonly protocol: 'tcp' | 'udp';
}

/** The rules of nftables(8), or why they are not known. */
export type ProbedFirewall =
  | { readonly kind: 'rules'; readonly json: string; readonly text: string; readonly otherTables: readonly string[] }
  | { readonly kind: 'refused' | 'no-sudo' | 'no-tool' };

export interface ProbeQuestion {
  readonly role: 'source' | 'router' | 'target';
  /** The name to look up; empty for none. */
  readonly name: string;
  /** Addresses of the other machine. */
  readonly wanted: readonly string[];
  readonly sudoPassword?: string | undefined;
  readonly signal: AbortSignal;
}

const probeScript = scriptFile(new URL('probe.sh', import.meta.url));

/** Longer than a word that a machine prints by itself, so that none can be taken for it. */
const PART_MARK = ':::lab-reach-part:::';

/** Names, an echo and a neighbour that does not answer take seconds each; this is for a machine that hangs. */
const PROBE_TIMEOUT_MS = 60_000;

/**
 * Looks from one machine at the way to or from another, in one round trip.
 *
 * @throws {EnvironmentError} when the look breaks off; what `Shell.exec` throws.
 */
export async function probeMachine(shell: Shell, question: ProbeQuestion): Promise<MachineProbe> {
  const { role, name, wanted, sudoPassword, signal } = question;
  const result = await execAsRoot(
    shell,
    { text: probeScript(), args: [PART_MARK, role, name, wanted.join(' ')], sudoPassword },
    { timeoutMs: PROBE_TIMEOUT_MS, signal, endsByItself: true },
  );
  const probe = readProbe(result.stdout, shell);
  if (probe !== undefined) return probe;
  throw new EnvironmentError(say`the look at the network of ${shell.machine} broke off`, {
    code: 'reach-look-failed',
    hint: say`Try by hand: lab exec ${shell.machine} -- ip addr`,
    detail: toolWords(result.stderr) || undefined,
  });
}

/** What probe.sh printed, as data; undefined when it was cut short. */
export function readProbe(
  output: string,
  { machine, user }: Pick<Shell, 'machine' | 'user'>,
): MachineProbe | undefined {
  const parts = output.split(PART_MARK).slice(1).map(partOf);
  if (parts.at(-1)?.name !== 'end') return undefined;
  // What root saw comes last, and counts.
  const byName = new Map(parts.map(({ name, lines }) => [name, lines]));
  const aim = byName.get('aim')?.[0];
  return {
    machine,
    user,
    uid: byName.has('uid') ? Number(byName.get('uid')?.[0]) : undefined,
    names: byName.has('names') ? [...new Set((byName.get('names') ?? []).map(firstWord))] : undefined,
    hosts: byName.get('hosts') ?? [],
    interfaces: byName.has('no-ip')
      ? undefined
      : interfacesOf(byName.get('interfaces') ?? [], byName.get('addresses') ?? []),
    aim,
    route: routeOf(byName.get('route'), answerOf(byName.get('far-echo'))),
    neighbour: neighbourOf(byName.get('neighbour'), answerOf(byName.get('echo'))),
    forwards: forwardsOf(byName.get('forwarding')),
    sockets: socketsOf(byName),
    firewall: firewallOf(byName),
  };
}

function partOf(text: string): { name: string; lines: string[] } {
  const [name = '', ...lines] = text.split('\n');
  return { name, lines: lines.filter((line) => line.trim() !== '') };
}

function firstWord(line: string): string {
  return line.trim().split(/\s+/)[0] ?? '';
}

function answerOf(lines: readonly string[] | undefined): boolean | undefined {
  return lines === undefined || lines[0] === 'missing' ? undefined : lines[0] === 'answered';
}

/** `2: eth0@if4: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 … link/ether 02:…`, `2: eth0    inet 10.0.0.1/24 …`. */
function interfacesOf(links: readonly string[], addresses: readonly string[]): ProbedInterface[] {
  const found = addresses.flatMap((line) => {
    const [, name = '', address = ''] = /^\d+:\s+(\S+)\s+inet6?\s+([^/\s]+)/.exec(line) ?? [];
    return name === '' ? [] : [{ name, address }];
  });
  return links.flatMap((line) => {
    const [, name, flags = ''] = /^\d+:\s+([^:@\s]+)[^:]*:\s+<([^>]*)>/.exec(line) ?? [];
    if (name === undefined) return [];
    const words = flags.split(',');
    const mtu = / mtu (\d+)/.exec(line)?.[1];
    return [
      {
        name,
        mac: /link\/ether ([0-9a-f:]+)/.exec(line)?.[1],
        isUp: words.includes('UP') && words.includes('LOWER_UP'),
        mtu: mtu === undefined ? undefined : Number(mtu),
        addresses: found.filter((one) => one.name === name).map(({ address }) => address),
      },
    ];
  });
}

/** `192.168.100.4 dev eth0 src 192.168.100.5 uid 1000`, `local 127.0.0.1 dev lo …`, or an error. */
function routeOf(lines: readonly string[] | undefined, farEcho: boolean | undefined): ProbedRoute | undefined {
  const text = lines?.[0]?.trim();
  if (text === undefined) return undefined;
  const after = (word: string): string | undefined => new RegExp(` ${word} (\\S+)`).exec(text)?.[1];
  return { text, isLocal: text.startsWith('local '), via: after('via'), device: after('dev'), farEcho };
}

/** `192.168.100.4 lladdr 02:… REACHABLE`, `192.168.100.4 FAILED`, or nothing. */
function neighbourOf(lines: readonly string[] | undefined, answered: boolean | undefined): ProbedNeighbour | undefined {
  if (lines === undefined) return undefined;
  const [line = ''] = lines;
  return { state: /([A-Z]+)\s*$/.exec(line)?.[1] ?? 'NONE', mac: /lladdr (\S+)/.exec(line)?.[1], answered };
}

/** Of IPv4, then of IPv6, which not every kernel has. */
function forwardsOf(lines: readonly string[] | undefined): MachineProbe['forwards'] {
  return lines && { 4: lines[0] !== '0', 6: lines[1] !== '0' && lines[1] !== undefined };
}

function socketsOf(parts: ReadonlyMap<string, readonly string[]>): ProbedSocket[] | undefined {
  let seen = false;
  const sockets = (['tcp', 'udp'] as const).flatMap((protocol) =>
    (['ss', 'proc'] as const).flatMap((source) => {
      const lines = parts.get(`${source} ${protocol}`);
      seen ||= lines !== undefined;
      return parseSocketRows(source, (lines ?? []).join('\n'))
        .filter(({ state }) => state === (protocol === 'tcp' ? 'LISTEN' : 'UNCONN'))
        .map((row) => Object.assign(row, { protocol }));
    }),
  );
  return seen ? sockets : undefined;
}

function firewallOf(parts: ReadonlyMap<string, readonly string[]>): ProbedFirewall {
  const json = parts.get('nft');
  const otherTables = parts.get('iptables') ?? [];
  if (json !== undefined)
    return { kind: 'rules', json: json.join('\n'), text: (parts.get('nft-text') ?? []).join('\n'), otherTables };
  if (parts.has('no-sudo')) return { kind: 'no-sudo' };
  return { kind: parts.has('no-nft') ? 'no-tool' : 'refused' };
}
