import { basename, dirname, resolve } from 'node:path';
import { formatIPv4, type Subnet } from '../core/ipv4.ts';
import {
  networkOf,
  type Draft,
  type DraftFile,
  type DraftMachine,
  type DraftNetwork,
  type DraftProgram,
  type DraftScenario,
} from './draft.ts';
import type { Path } from './problem.ts';
import { hostNameRule } from './fields/rules.ts';
import type { Lab, Machine, Network, Program, ScenarioSource } from './types.ts';
import type { LabTree } from './compose/lab-tree.ts';

/** Stands for a subnet that could not be read. Never shown: a lab with problems is used for checks only. */
const noSubnet: Subnet = { network: 0, prefixLength: 32 };

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
  return {
    name: overrides.name ?? draft.name ?? nameFromFolder(folder),
    provider: overrides.provider ?? draft.provider,
    file,
    folder,
    networks: byName(draft.networks.map(buildNetwork)),
    machines: byName(draft.machines.map((machine) => buildMachine(draft, machine))),
    programs: byName(draft.programs.map((program) => buildProgram(program, folder, source))),
    scenarios: byName(draft.scenarios.map((scenario) => buildScenario(scenario, source))),
    ...(source.parameters.size > 0 && { params: source.parameters }),
    ...(draft.ssh && { ssh: draft.ssh }),
    ...(draft.capture !== undefined && { capture: draft.capture }),
    ...(draft.report && { report: draft.report }),
    ...(draft.runs && { runs: draft.runs }),
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

function buildNetwork({ name, subnet, gateway, nat, reachesPrivate }: DraftNetwork): Network {
  return {
    name,
    subnet: subnet?.value ?? noSubnet,
    gateway: gateway && formatIPv4(gateway.value),
    nat: nat.value,
    ...(reachesPrivate && { reachesPrivate }),
  };
}

function buildMachine(draft: Draft, { machine, interfaces }: DraftMachine): Machine {
  const connected = interfaces.flatMap((networkInterface) => {
    const { name, address } = networkInterface;
    const network = networkOf(draft, networkInterface);
    return network && address ? [{ name, network: network.name, address: formatIPv4(address.value) }] : [];
  });
  return { ...machine, interfaces: connected };
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
