import { addressesOn } from '../../core/lab-description.ts';
import { systemText, type MachineFacts, type MachineSystem } from '../../core/lab-description.ts';
import { HOST_IMAGE } from '../../lab/defaults.ts';
import type { Language } from '../language/languages.ts';
import type { ReportData } from '../report-data.ts';
import { data, plainData, type Block, type Value } from './blocks.ts';
import { runtimeText } from './programs-section.ts';

/** The lab as it was: machines, networks, versions. */
export function architecture(report: ReportData, language: Language): Block[] {
  const { architecture: words } = language.report;
  const { lab, run } = report;
  if (lab === undefined)
    return [{ kind: 'remark', tone: 'none', text: words.notDescribed }, ...rolesTable(report, language)];
  const networks =
    lab.networks.length === 0
      ? ''
      : words.networks(lab.networks.map(({ name, subnet }) => `\`${name}\` (\`${subnet}\`)`));
  return [
    { kind: 'paragraph', text: words.intro(run.lab, words.machines(lab.machines.length), networks) },
    machineTable(report, language),
    ...networkTable(report, language),
    versionTable(report, language),
  ];
}

function machineTable({ lab, facts }: ReportData, { report: { architecture: words } }: Language): Block {
  const { machine, user, interface: port, address, network, system, kernel } = words.machineHeads;
  const rows = lab!.machines.flatMap(({ name, user: account, interfaces, ...known }): Value[][] => {
    const own = facts.get(name);
    const said = [systemOf(known, own) || words.unknown, own?.kernel ?? words.unknown].map((text) => plainData(text));
    const ports = interfaces.map((each) => ({
      name: each.name,
      at: addressesOn(each).join(', ') || '–',
      network: each.network,
    }));
    return (ports.length === 0 ? [{ name: '–', at: '–', network: '–' }] : ports).map((each) =>
      [name, account, each.name, each.at, each.network].map((text): Value => data(text)).concat(said),
    );
  });
  return {
    kind: 'table',
    caption: words.machineTable,
    heads: [machine, user, port, address, network, system, kernel],
    rows,
  };
}

/** As `lab status` names it: of a machine that runs the system of the host, that too. */
function systemOf({ image, system }: MachineSystem, own: MachineFacts | undefined): string {
  const name = own?.system ?? system;
  return image === HOST_IMAGE ? systemText({ image, system: name }) : (name ?? image ?? '');
}

function networkTable({ lab }: ReportData, { report: { architecture: words } }: Language): Block[] {
  if (lab!.networks.length === 0) return [];
  const { network, subnet, gateway, nat } = words.networkHeads;
  const rows = lab!.networks.map((each) => [
    data(each.name),
    data(each.subnet),
    data(each.gateway ?? '–'),
    each.nat ? words.yes : words.no,
  ]);
  return [{ kind: 'table', caption: words.networkTable, heads: [network, subnet, gateway, nat], rows }];
}

function versionTable({ lab, facts }: ReportData, { report: { architecture: words } }: Language): Block {
  const runtimes = lab!.programs.flatMap(({ name, on, command }): Value[][] => {
    const version = facts.get(on)?.runtimes[name];
    return version === undefined ? [] : [[`\`${name}\``, data(runtimeText(command, version))]];
  });
  const rows: Value[][] = [
    ['`lab`', data(lab!.version)],
    [words.provider(lab!.provider), data(lab!.version)],
    ...runtimes,
  ];
  return {
    kind: 'table',
    caption: words.versionTable,
    heads: [words.versionHeads.what, words.versionHeads.version],
    rows,
  };
}

/** Older runs know at least where their programs ran. */
function rolesTable({ run }: ReportData, { report: { architecture: words } }: Language): Block[] {
  if (run.roles.length === 0) return [];
  const { machine, user, address } = words.machineHeads;
  const rows = run.roles.map((role) => [data(role.machine), data(role.user ?? '–'), data(role.address ?? '–')]);
  return [{ kind: 'table', caption: words.machineTable, heads: [machine, user, address], rows }];
}
