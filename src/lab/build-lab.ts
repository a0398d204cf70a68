import { basename, dirname, resolve } from 'node:path';
import { canonicalAddress, textOfAddress, type Family } from '../core/address-family.ts';
import { addressesOf, addressesOn } from '../core/lab-description.ts';
import { withRoutes } from './build-routes.ts';
import {
  networkOf,
  type Draft,
  type DraftFile,
  type DraftMachine,
  type DraftName,
  type DraftNetwork,
  type DraftProgram,
  type DraftScenario,
} from './draft.ts';
import type { Path } from './problem.ts';
import { hostNameRule } from './fields/rules.ts';
import type { Interface, Lab, Machine, Network, Program, ScenarioSource } from './types.ts';
import type { LabTree } from './compose/lab-tree.ts';

/** What the command line, or a program that opens a lab, sets in place of the file. */
export interface LabOverrides {
  readonly provider?: string | undefined;
  readonly name?: string | undefined;
  /** All that the file would hold: no file is read, and its path only says where paths in the text start. */
  readonly text?: string | undefined;
  /** Variables for `${NAME}` in the file. Default: those of this process. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** Values of parameters, in place of their defaults. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
}

/**
 * The lab of a draft. Of a draft with problems it holds what could be read, only for checking scenarios.
 */
export function buildLab(draft: Draft, source: LabTree, file: string, overrides: LabOverrides): Lab {
  const folder = dirname(file);
  const machines = byName(draft.machines.map((machine) => buildMachine(draft, machine)));
  const namesOf = namesIn(machines);
  const networks = byName(draft.networks.map((network) => buildNetwork(network, namesOf)));
  return {
    name: overrides.name ?? draft.name ?? nameFromFolder(folder),
    provider: overrides.provider ?? draft.provider,
    file,
    folder,
    networks,
    machines: byName(withRoutes({ networks, machines }, draft.machines)),
    programs: byName(draft.programs.map((program) => buildProgram(program, folder, source))),
    scenarios: byName(draft.scenarios.map((scenario) => buildScenario(scenario, source))),
    ...(source.parameters.size > 0 && { params: source.parameters }),
    ...(draft.ssh && { ssh: draft.ssh }),
    ...(draft.capture !== undefined && { capture: draft.capture }),
    ...(draft.report && { report: draft.report }),
    ...(draft.runs && { runs: draft.runs }),
    ...buildPublished(draft),
  };
}

/** The folder's name when it is a legal host name, else `lab`. */
function nameFromFolder(folder: string): string {
  const name = basename(folder).toLowerCase();
  return hostNameRule(name) === undefined ? name : 'lab';
}

function byName<T extends { readonly name: string }>(things: readonly T[]): ReadonlyMap<string, T> {
  return new Map(things.map((thing) => [thing.name, thing]));
}

function buildNetwork(draft: DraftNetwork, namesOf: NamesOf): Network {
  const { name, subnets, gateways, nat, nat6, reachesPrivate, advertise, mtu, dns, between } = draft;
  const [subnet, subnet6] = [subnets[4]?.value, subnets[6]?.value];
  const gateway = (family: Family): string | undefined =>
    gateways[family] && textOfAddress(family, gateways[family].value);
  return {
    name,
    ...(subnet && { subnet: { network: Number(subnet.network), prefixLength: subnet.prefixLength } }),
    ...(subnet6 && { subnet6: { network: subnet6.network, prefixLength: subnet6.prefixLength } }),
    gateway: gateway(4),
    ...(gateways[6] && { gateway6: gateway(6) }),
    nat: nat.value,
    ...(nat6.value && { nat6: true }),
    ...(reachesPrivate && { reachesPrivate }),
    ...(advertise.value && { advertise: true }),
    ...(mtu !== undefined && { mtu }),
    ...(dns.length > 0 && { dns: new Map(dns.map((each) => [each.name.toLowerCase(), namesOf(name, each)])) }),
    ...(between && { between }),
  };
}

/** The addresses that a name of `dns` stands for on a network. */
type NamesOf = (network: string, name: DraftName) => string[];

/** Of a machine those on that network, and all of one that has none there. */
function namesIn(machines: ReadonlyMap<string, Machine>): NamesOf {
  return (network, { targets }) =>
    targets.flatMap(({ value }) => {
      const machine = machines.get(value);
      if (machine === undefined) return [canonicalAddress(value) ?? value];
      const near = machine.interfaces.filter((port) => port.network === network);
      return addressesOf({ interfaces: near.some((port) => addressesOn(port).length > 0) ? near : machine.interfaces });
    });
}

function buildMachine(draft: Draft, { machine, interfaces }: DraftMachine): Machine {
  const connected = interfaces.flatMap((port): Interface[] => {
    const { name, addresses, mac, mtu } = port;
    const network = networkOf(draft, port);
    if (network === undefined) return [];
    const [address, address6] = ([4, 6] as const).map(
      (family) => addresses[family] && textOfAddress(family, addresses[family].value),
    );
    return [
      {
        name,
        network: network.name,
        ...(address !== undefined && { address }),
        ...(address6 !== undefined && { address6 }),
        ...(mac && { mac: mac.value }),
        ...(mtu && { mtu: mtu.value }),
      },
    ];
  });
  return { ...machine, interfaces: connected };
}

function buildPublished({ machines }: Draft): Pick<Lab, 'published'> {
  const published = machines.flatMap(({ machine, published: ports }) =>
    ports.map(({ value }) => ({ machine: machine.name, ...value })),
  );
  return published.length === 0 ? {} : { published };
}

function buildProgram({ program, files }: DraftProgram, folder: string, { instances }: LabTree): Program {
  const outside = files.filter((file) => file.outside);
  const absolute = ({ value }: DraftFile): string => resolve(folder, value);
  const instance = instances.get(program.name);
  return {
    ...program,
    files: files.map(absolute),
    outside: outside.length > 0 ? outside.map(absolute) : undefined,
    ...(instance && { instance }),
  };
}

function buildScenario({ name, path, steps, stepsPath, isDefault }: DraftScenario, source: LabTree): ScenarioSource {
  const stepPath = (index: number): Path => [...(stepsPath ?? path), index];
  return {
    name,
    position: source.spanOf(path, 'key'),
    ...(isDefault && { isDefault: true }),
    ...(stepsPath && { stepsPath }),
    steps: steps.map((value, index) => ({
      value,
      position: source.spanOf(stepPath(index)),
      positionOf: (part, at) => source.spanOf([...stepPath(index), ...part], at),
    })),
  };
}
