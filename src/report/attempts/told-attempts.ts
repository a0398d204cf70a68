import {
  listenPort,
  portText,
  protocolField,
  type ListenPort,
  type NamedPort,
  type WrittenPort,
} from '../../core/listen-port.ts';
import type { ConnectionAttempt, ListeningProgram, WatchedAttempts } from '../../core/connection-attempt.ts';
import { addressesOf, type Addressed } from '../../core/lab-description.ts';
import type { MeantServer, ToldAttempt } from '../../core/connection-attempt.ts';
import { isLoopback, isNameQuestion } from './attempt-sentence.ts';
import { broadcastOf, contains, parseIPv4, parseSubnet, type Subnet } from '../../core/ipv4.ts';

/** What the attempts are compared with; a `Lab` and the description of one have it. */
export interface AttemptContext {
  readonly machines: readonly { readonly name: string; readonly interfaces: readonly Addressed[] }[];
  readonly networks: readonly {
    readonly name: string;
    /** Or in CIDR notation, that of IPv4 first. */
    readonly subnet?: Subnet | string | undefined;
    readonly gateway?: string | undefined;
  }[];
  readonly programs: readonly {
    readonly name: string;
    readonly on: string;
    readonly listens: readonly (WrittenPort | ListenPort)[];
  }[];
}

/** Of more servers no one can be said to be meant. */
const MOST_SERVERS = 2;
const TO_ALL = 0xff_ff_ff_ff;

/** The attempts of which a reader should know, those that failed first. */
export function toldAttempts(
  { attempts }: WatchedAttempts,
  context: AttemptContext,
  listening: readonly ListeningProgram[] = [],
): ToldAttempt[] {
  const lab = new KnownLab(context, listening);
  const told = attempts.flatMap((attempt) => lab.tell(attempt) ?? []);
  return [...told.filter(isFailure), ...told.filter((one) => !isFailure(one))];
}

function isFailure({ outcome }: ToldAttempt): boolean {
  return outcome !== 'connected' && outcome !== 'sent';
}

class KnownLab {
  readonly #ownerOf: ReadonlyMap<string, string>;
  readonly #networks: readonly {
    readonly name: string;
    readonly subnet: Subnet;
    readonly gateway: string | undefined;
  }[];
  readonly #servers: readonly MeantServer[];

  constructor({ machines, networks, programs }: AttemptContext, listening: readonly ListeningProgram[]) {
    this.#ownerOf = new Map(
      machines.flatMap((machine) => addressesOf(machine).map((address) => [address, machine.name] as const)),
    );
    this.#networks = networks.flatMap(({ name, subnet, gateway }) => {
      const parsed = typeof subnet === 'string' ? parseSubnet(subnet.split(', ')[0]!) : subnet;
      return parsed === undefined ? [] : [{ name, subnet: parsed, gateway }];
    });
    const seen = new Map(listening.map((one) => [portOfProgram(one.program, one), one.addresses] as const));
    this.#servers = programs.flatMap(({ name, on, listens }) =>
      listens.map((written): MeantServer => {
        const port = listenPort(written);
        const server = { program: name, machine: on, port: port.port, addresses: seen.get(portOfProgram(name, port)) };
        return Object.assign(server, protocolField(port));
      }),
    );
  }

  tell(attempt: ConnectionAttempt): ToldAttempt | undefined {
    const { machine, protocol, to, refused } = attempt;
    if (this.#isForAll(to.address)) return undefined;
    const { place, owner } = this.#placeOf(machine, to.address);
    const outcome = outcomeOf(attempt);
    if (outcome === 'sent' && (place !== 'outside' || isNameQuestion(attempt))) return undefined;
    const target = place === 'itself' ? machine : owner;
    const isAt = (server: MeantServer): boolean => server.machine === target && server.port === to.port;
    const ofProtocol = this.#servers.filter((server) => (server.protocol ?? 'tcp') === protocol);
    // Nobody has that port for this protocol, and a server has it for the other.
    const other = ofProtocol.some(isAt) ? undefined : this.#servers.find(isAt);
    if (outcome === 'connected' && ofProtocol.some(isAt)) return undefined;
    const meant = other === undefined ? meantOf(ofProtocol, { machine: target, port: to.port }) : [other];
    const servers = outcome === 'sent' ? [] : meant;
    return { machine, protocol, to, place, owner, outcome, refused, servers };
  }

  #placeOf(machine: string, address: string): Pick<ToldAttempt, 'place' | 'owner'> {
    const plain = address.replace(/^::ffff:/, '');
    const owner = this.#ownerOf.get(plain);
    if (isLoopback(address) || owner === machine) return { place: 'itself', owner: machine };
    if (owner !== undefined) return { place: 'machine', owner };
    const gateway = this.#networks.find((network) => network.gateway === plain);
    if (gateway !== undefined) return { place: 'gateway', owner: gateway.name };
    const value = parseIPv4(plain);
    const isInside =
      value === undefined ? plain.startsWith('fe80:') : this.#networks.some(({ subnet }) => contains(subnet, value));
    return { place: isInside ? 'absent' : 'outside', owner: undefined };
  }

  /** Broadcast and multicast (RFC 919, RFC 5771, RFC 4291): it is for nobody in particular. */
  #isForAll(address: string): boolean {
    const value = parseIPv4(address);
    if (value === undefined) return address.startsWith('ff');
    const isMulticast = value >= 0xe0_00_00_00 && value < 0xf0_00_00_00;
    return isMulticast || value === TO_ALL || this.#networks.some(({ subnet }) => value === broadcastOf(subnet));
  }
}

function portOfProgram(program: string, port: NamedPort): string {
  return `${program} ${portText(port)}`;
}

/** The server of that port on that machine; else those of that port; else those of that machine; else all. */
function meantOf(
  servers: readonly MeantServer[],
  { machine, port }: { readonly machine: string | undefined; readonly port: number },
): readonly MeantServer[] {
  const byPort = servers.filter((server) => server.port === port);
  const byMachine = servers.filter((server) => server.machine === machine);
  const both = byPort.filter((server) => server.machine === machine);
  const meant = [both, byPort, byMachine].find((some) => some.length > 0) ?? servers;
  return meant.length > MOST_SERVERS ? [] : meant;
}

function outcomeOf({ protocol, refused, unreachable, answered }: ConnectionAttempt): ToldAttempt['outcome'] {
  if (answered > 0) return 'connected';
  if (refused > 0) return 'refused';
  if (unreachable > 0) return 'unreachable';
  return protocol === 'tcp' ? 'unanswered' : 'sent';
}
