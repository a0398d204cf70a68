import { scriptFile } from '../../core/files/script-file.ts';
import { say } from '../../core/language/say.ts';
import type { Interface, Lab, Machine } from '../../lab/types.ts';
import type { Shell } from '../../ssh/shell.ts';
import type { MachineFault } from './machine-addresses.ts';

const peersScript = scriptFile(new URL('peers.sh', import.meta.url));

/** A machine that another one should reach. */
export interface Peer {
  readonly name: string;
  readonly address: string;
  /** Of its own interface. */
  readonly interface: string;
  /** Of the interface of the machine that looks. */
  readonly from: string;
  readonly sshPort: number;
}

/** The result of the look at one peer. `unknown`: the machine has no tool to look with. */
export interface PeerAnswer {
  readonly address: string;
  readonly outcome: 'ping' | 'tcp' | 'refused' | 'silent' | 'unknown';
  /** First line of `ip route get`, when nothing answered. */
  readonly route: string;
  /** Line of `ip neigh show`, when nothing answered. */
  readonly neighbour: string;
}

/** With more machines than this, each looks at its next neighbour alone. */
const MOST_FOR_ALL_PAIRS = 6;
const PEERS_TIMEOUT_MS = 20_000;

/** Pure: the machines that a machine has to reach: the others on its networks. */
export function peersOf(lab: Lab, machine: Machine, sshPorts: ReadonlyMap<string, number>): Peer[] {
  return machine.interfaces.flatMap(({ name: from, network, address, address6 }) => {
    const others = [...lab.machines.values()].flatMap(({ name, interfaces }) => {
      return interfaces.filter((other) => other.network === network).map((other) => ({ name, port: other }));
    });
    const own = others.findIndex(({ name }) => name === machine.name);
    const wanted = others.length > MOST_FOR_ALL_PAIRS ? [others[(own + 1) % others.length]!] : others;
    return wanted
      .filter(({ name }) => name !== machine.name)
      .flatMap(({ name, port }) =>
        commonAddresses(port, { address, address6 }).map((theirs): Peer => {
          return { name, address: theirs, interface: port.name, from, sshPort: sshPorts.get(name) ?? 22 };
        }),
      );
  });
}

type Addresses = Pick<Interface, 'address' | 'address6'>;

/** The addresses of one interface, of families that another one has, too. */
function commonAddresses(its: Addresses, own: Addresses): string[] {
  const kinds = ['address', 'address6'] as const;
  return kinds.flatMap((kind) => (own[kind] === undefined ? [] : (its[kind] ?? [])));
}

/** Lets a machine try its peers. @throws {ConnectionError} */
export async function lookAtPeers(shell: Shell, peers: readonly Peer[], signal: AbortSignal): Promise<PeerAnswer[]> {
  if (peers.length === 0) return [];
  const args = peers.flatMap(({ address, sshPort }) => [address, String(sshPort)]);
  const { stdout } = await shell.exec(
    { script: peersScript(), args },
    { signal, timeoutMs: PEERS_TIMEOUT_MS, endsByItself: true },
  );
  return stdout.split('\n').flatMap(parseAnswer);
}

function parseAnswer(line: string): PeerAnswer[] {
  const [address = '', outcome = '', route = '', neighbour = ''] = line.split('\t');
  if (!/^(?:ping|tcp|refused|silent|unknown)$/.test(outcome)) return [];
  return [{ address, outcome: outcome as PeerAnswer['outcome'], route, neighbour }];
}

/** Pure: which machine is to blame when one does not reach another, as far as its own tables show. */
export function peerFault(machine: string, peer: Peer, answer: PeerAnswer | undefined): MachineFault | undefined {
  if (answer === undefined || answer.outcome !== 'silent') return undefined;
  const { name, address, from } = peer;
  const { route, neighbour } = answer;
  if (route === '' || /unreachable|prohibit|invalid/i.test(route)) {
    return {
      machine,
      message: say`it has no route to ${address} (${name})`,
      hint: say`${machine} is to blame: check the address and prefix of its ${from} ("ip address", "ip route").`,
    };
  }
  const device = /\bdev (\S+)/.exec(route)?.[1];
  if (device !== undefined && device !== from) {
    return {
      machine,
      message: say`it would reach ${address} (${name}) through ${device}, not through ${from}`,
      hint: say`${machine} is to blame: check the prefix of its ${from}, and that no other interface has the same network ("ip route").`,
    };
  }
  if (/lladdr/.test(neighbour) && !/FAILED|INCOMPLETE/.test(neighbour)) {
    return {
      machine,
      message: say`${name} is on its network, but answers neither ping nor TCP at ${address}`,
      hint: say`${name} is to blame: a firewall there drops packets ("sudo ufw status", "sudo nft list ruleset").`,
    };
  }
  return {
    machine,
    message: say`nobody on the network of its ${from} answers for ${address} (${name})`,
    hint: say`${machine} and ${name} have the right addresses, but are not on one network: attach both to the same one (in VirtualBox: Settings, Network, the same NAT Network).`,
  };
}
