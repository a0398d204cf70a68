import { withoutCodename } from '../../core/lab-description.ts';
import { hostSystem } from '../../host/host-system.ts';
import { HOST_IMAGE } from '../../lab/defaults.ts';
import type { PathProblem } from '../../lab/problem.ts';
import type { Lab, Machine } from '../../lab/types.ts';
import type { Provider } from '../../providers/provider.ts';
import { say } from '../../core/language/say.ts';

/** What a user should know of the lab file before going on. */
export interface Remark {
  readonly level: 'info' | 'warning';
  readonly message: string;
  readonly hint?: string;
}

/** A lab file, and what its provider makes of it. */
export interface Fit {
  /** The lab as its machines are made. */
  readonly lab: Lab;
  readonly problems: readonly PathProblem[];
  readonly remarks: readonly Remark[];
}

/**
 * Looks at a lab with the eyes of its provider: what it would do otherwise than the file says is a problem where it
 * cannot be done, and a remark where it is not needed. `isChosen`: the command line names the provider, not the file.
 */
export function fitProvider(lab: Lab, provider: Provider, isChosen: boolean): Fit {
  return {
    lab: asMade(lab, provider),
    problems: [...imageProblems(lab, provider, isChosen), ...sysctlProblems(lab, provider)],
    remarks: [
      ...imageRemarks(lab, provider, isChosen),
      ...limitRemarks(lab, provider),
      ...wayRemarks(lab, provider),
      ...outsideRemarks(lab, provider),
    ],
  };
}

/**
 * The account of a machine that lab makes is the same whether the file names it or leaves the default, so to name it is
 * no change of the machine; on machines that exist already it may be another one. So it is with the image, which is
 * none where the provider uses none.
 */
function asMade(lab: Lab, { features }: Provider): Lab {
  const made = (machine: Machine): Machine => {
    const { name, isUserWritten, image, user, ...rest } = machine;
    // In this order: that of the fields is part of what a saved machine is compared by.
    return {
      name,
      ...(features.system.kind === 'image' && { image: image ?? features.system.byDefault }),
      user,
      ...(!features.ownsMachines && isUserWritten && { isUserWritten }),
      ...rest,
    };
  };
  return { ...lab, machines: new Map([...lab.machines].map(([name, machine]) => [name, made(machine)])) };
}

/** A virtual machine cannot run the system of this host. */
function imageProblems({ machines }: Lab, { name, features: { system } }: Provider, isChosen: boolean): PathProblem[] {
  if (system.kind !== 'image') return [];
  const hint = isChosen
    ? say`remove it: each provider then takes its own, ${name} takes ${system.byDefault}`
    : say`write image: ${system.byDefault}, or provider: netns`;
  return [...machines.values()]
    .filter(({ image }) => image === HOST_IMAGE)
    .map((machine) => ({
      path: ['machines', machine.name, 'image'],
      message: say`"${HOST_IMAGE}", the system of this host, is no image that a machine of ${name} can run`,
      hint,
    }));
}

/** Machines that share the kernel of this host have only the settings of a network for themselves. */
function sysctlProblems({ machines }: Lab, { name: provider, features: { system } }: Provider): PathProblem[] {
  if (system.kind !== 'host') return [];
  return [...machines.values()].flatMap(({ name: machine, sysctls = new Map<string, string>() }) =>
    [...sysctls.keys()]
      .filter((name) => !name.startsWith('net.'))
      .map((name): PathProblem => ({
        path: ['machines', machine, 'sysctls', name],
        at: 'key',
        message: say`is one setting for this whole host: machines of ${provider} share its kernel, and have only "net." for themselves`,
        hint: say`remove it, or write provider: qemu`,
      })),
  );
}

/** An image that is named and not used: the machine runs something else than its reader thinks. */
function imageRemarks(lab: Lab, { name, features: { system } }: Provider, isChosen: boolean): Remark[] {
  if (system.kind === 'image') return [];
  const named = [...lab.machines.values()].filter(({ image }) => image !== undefined && !isRight(image, system.kind));
  if (named.length === 0) return [];
  const images = [...new Set(named.map(({ image }) => image))].join(', ');
  const message = say`${namesOf(named)}: image ${images} is not used: ${truthOf(name, system.kind)}`;
  // Another provider was chosen on purpose, and the file is right for its own.
  if (isChosen) return [{ level: 'info', message }];
  const hint = system.kind === 'host' ? say`write image: ${HOST_IMAGE}, or use --provider qemu` : say`remove "image"`;
  return [{ level: 'warning', message, hint: `${hint.charAt(0).toUpperCase()}${hint.slice(1)}.` }];
}

function isRight(image: string, kind: 'host' | 'existing'): boolean {
  return kind === 'host' && image === HOST_IMAGE;
}

function truthOf(provider: string, kind: 'host' | 'existing'): string {
  if (kind === 'existing') return say`lab did not make these machines, they run what they ran before`;
  const system = hostSystem();
  return system === undefined
    ? say`machines of ${provider} run the host's system`
    : say`machines of ${provider} run the host's system, ${withoutCodename(system)}`;
}

/** The limits of a machine as the lab file calls them. */
const limitNames: Readonly<Partial<Record<keyof Machine, string>>> = {
  memoryMiB: 'memory',
  cpus: 'cpus',
  diskMiB: 'disk',
  processes: 'processes',
  openFiles: 'open-files',
  fileSizeMiB: 'file-size',
};

/** `memory of vm1 and vm2; disk of vm3`: which of these fields the machines have. */
function fieldsOf({ machines }: Lab, names: Readonly<Partial<Record<keyof Machine, string>>>): string {
  const having = Map.groupBy(machines.values(), (machine) =>
    Object.entries(names)
      .filter(([field]) => machine[field as keyof Machine] !== undefined)
      .map(([, name]) => name)
      .join(', '),
  );
  const parts = [...having].filter(([fields]) => fields !== '').map(([fields, of]) => say`${fields} of ${namesOf(of)}`);
  return parts.join('; ');
}

/** Limits of machines that somebody else made: lab sets none there. */
function limitRemarks(lab: Lab, { features }: Provider): Remark[] {
  const limited = features.ownsMachines ? '' : fieldsOf(lab, limitNames);
  if (limited === '') return [];
  const message = say`not kept: ${limited}: lab did not make these machines, and sets no limits there`;
  return [
    { level: 'warning', message, hint: say`Remove them, or set limits there yourself (limits.conf(5), cgroups).` },
  ];
}

/** What a machine does with packets, as the lab file calls it. */
const wayNames: Readonly<Partial<Record<keyof Machine, string>>> = {
  forward: 'forward',
  routes: 'routes',
  gateway: 'gateway',
  sysctls: 'sysctls',
};

/** Ways of machines that somebody else made: lab sets none there. */
function wayRemarks(lab: Lab, { features }: Provider): Remark[] {
  if (features.ownsMachines) return [];
  const ways = fieldsOf(lab, wayNames);
  const telling = [...lab.networks.values()].filter(({ advertise }) => advertise === true).map(({ name }) => name);
  return [
    ...(ways === ''
      ? []
      : [
          {
            level: 'info' as const,
            message: say`looked at, and not set: ${ways}: lab did not make these machines, and changes no routes there`,
            hint: say`Set them there yourself (ip-route(8), sysctl(8)); "lab up" says what differs.`,
          },
        ]),
    ...(telling.length === 0
      ? []
      : [
          {
            level: 'warning' as const,
            message: say`router-advertisement of ${telling.join(', ')} has no effect: lab did not make these networks`,
            hint: say`Remove it, or let a router there send them (radvd(8)).`,
          },
        ]),
  ];
}

function outsideRemarks({ networks }: Lab, { name, features }: Provider): Remark[] {
  const wanted = [...networks.values()].filter(({ nat6 }) => nat6 === true).map((network) => network.name);
  if (features.withoutNat6 !== true || wanted.length === 0) return [];
  const message = say`nat6 of ${wanted.join(', ')} has no effect: machines of ${name} reach nothing outside of the lab by IPv6`;
  return [{ level: 'warning', message, hint: say`Remove it, or use --provider netns.` }];
}

/** More names than this say no more. */
const MOST_NAMES = 4;

function namesOf(machines: readonly Machine[]): string {
  const names = machines.map(({ name }) => name);
  const shown = names.length > MOST_NAMES ? names.slice(0, MOST_NAMES - 1) : names;
  return `${shown.join(', ')}${shown.length < names.length ? say` and ${names.length - shown.length} more` : ''}`;
}
