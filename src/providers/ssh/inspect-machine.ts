import { EnvironmentError } from '../../core/errors.ts';
import { say } from '../../core/language/say.ts';
import type { Lab } from '../../lab/types.ts';
import type { Shell } from '../../ssh/shell.ts';
import type { MachineProfile, Work } from '../provider.ts';
import { addressFaults, type MachineFault } from './machine-addresses.ts';
import { measureClock } from './clock.ts';
import { lookAtPeers, peerFault, peersOf } from './peers.ts';
import { lookAtWays, wantedWays, wayFaults } from './machine-ways.ts';
import { factsOf, surveyMachine, type MachineSurvey } from './machine-survey.ts';

/** Some bytes for a lab's own folder; what programs need is checked when they are sent. */
const LEAST_FREE_BYTES = 1_000_000;

/**
 * Finds out what the machines are like, and whether they are what lab.yaml says: addresses, networks, a home folder
 * that can be written.
 *
 * @throws {EnvironmentError} `machines-differ` with all that is not so, on all machines.
 */
export async function inspectMachines(
  lab: Lab,
  shells: ReadonlyMap<string, Shell>,
  work: Pick<Work, 'events' | 'signal'>,
): Promise<ReadonlyMap<string, MachineProfile>> {
  const { signal } = work;
  const names = [
    ...lab.machines.keys(),
    ...[...lab.networks.values()].flatMap(({ dns }) => Array.from(dns?.keys() ?? [])),
  ];
  const found = await eachMachine(shells, async (shell) => {
    const wanted = wantedWays(lab.machines.get(shell.machine)!);
    const [survey, clock, ways] = await Promise.all([
      surveyMachine(shell, names, signal),
      measureClock(shell, signal),
      wanted && lookAtWays(shell, wanted, signal),
    ]);
    return { survey, clock, faults: wanted && ways ? wayFaults(shell.machine, wanted, ways) : [] };
  });
  const surveys = new Map([...found].map(([name, { survey }]) => [name, survey]));
  refuse(
    [...found].flatMap(([name, { survey, faults }]) =>
      homeFaults(name, survey).concat(addressFaults(lab, lab.machines.get(name)!, survey.interfaces), faults),
    ),
  );
  await checkPeers(lab, shells, surveys, work);
  return new Map(
    [...found].map(([name, { survey, clock }]) => [name, factsOf(survey, clock, addressesSeenFrom(lab, name))]),
  );
}

async function checkPeers(
  lab: Lab,
  shells: ReadonlyMap<string, Shell>,
  surveys: ReadonlyMap<string, MachineSurvey>,
  { events, signal }: Pick<Work, 'events' | 'signal'>,
): Promise<void> {
  const ports = new Map([...surveys].map(([name, { sshPort }]) => [name, sshPort]));
  const looked = await eachMachine(shells, async (shell) => {
    const peers = peersOf(lab, lab.machines.get(shell.machine)!, ports);
    const answers = await lookAtPeers(shell, peers, signal);
    return peers.map((peer) => ({ peer, answer: answers.find(({ address }) => address === peer.address) }));
  });
  refuse(
    [...looked].flatMap(([machine, pairs]) =>
      pairs.flatMap(({ peer, answer }) => peerFault(machine, peer, answer) ?? []),
    ),
  );
  for (const [machine, pairs] of looked) {
    if (pairs.some(({ answer }) => answer?.outcome === 'unknown')) {
      await events.emit({
        kind: 'notice',
        level: 'info',
        message: say`${machine} has no ping, bash, python3, perl or nc, so it is not known whether it reaches the others`,
      });
    }
  }
}

function homeFaults(machine: string, { facts: { home, user } }: MachineSurvey): MachineFault[] {
  if (home.path === '')
    return [
      {
        machine,
        message: say`the account ${user} has no home folder`,
        hint: say`Make one: sudo mkhomedir_helper ${user}`,
      },
    ];
  if (!home.writable) {
    const hint = say`It is read-only or belongs to somebody else: ssh there, and look with "ls -ld ~" and "findmnt -T ~".`;
    return [{ machine, message: say`${user} cannot write to the home folder ${home.path}`, hint }];
  }
  if (home.freeBytes !== undefined && home.freeBytes < LEAST_FREE_BYTES) {
    return [
      {
        machine,
        message: say`the disk of ${home.path} is full`,
        hint: say`Make room there; "df -h" on the machine shows where.`,
      },
    ];
  }
  return [];
}

/**
 * Addresses by the names that a machine should know: of the other machines, on a network that both are on, if there is
 * one; and what `dns` of its networks says.
 */
function addressesSeenFrom(lab: Lab, machine: string): ReadonlyMap<string, string> {
  const networks = new Set(lab.machines.get(machine)!.interfaces.map(({ network }) => network));
  const others = [...lab.machines.values()].filter(({ name }) => name !== machine);
  const ofMachines = others.flatMap(({ name, interfaces }): [string, string][] => {
    const near = interfaces.filter(({ network }) => networks.has(network));
    const address = [...near, ...interfaces]
      .map((port) => port.address ?? port.address6)
      .find((one) => one !== undefined);
    return address === undefined ? [] : [[name, address]];
  });
  const ofNetworks = [...networks].flatMap((name): [string, string][] =>
    [...(lab.networks.get(name)?.dns ?? [])].flatMap(([alias, [address]]) =>
      address === undefined ? [] : [[alias, address]],
    ),
  );
  return new Map([...ofNetworks, ...ofMachines]);
}

function refuse(faults: readonly MachineFault[]): void {
  const [first] = faults;
  if (first === undefined) return;
  if (faults.length === 1)
    throw new EnvironmentError(say`${first.machine}: ${first.message}`, {
      code: 'machine-differs',
      hint: first.hint,
      data: { faults },
    });
  throw new EnvironmentError(say`the machines are not as lab.yaml says`, {
    code: 'machine-differs',
    detail: faults.map(({ machine, message, hint }) => say`  ${machine}: ${message}\n      ${hint}`).join('\n'),
    data: { faults },
  });
}

async function eachMachine<T>(
  shells: ReadonlyMap<string, Shell>,
  work: (shell: Shell) => Promise<T>,
): Promise<Map<string, T>> {
  return new Map(await Promise.all([...shells].map(async ([name, shell]) => [name, await work(shell)] as const)));
}
