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
    problems: imageProblems(lab, provider, isChosen),
    remarks: [...imageRemarks(lab, provider, isChosen), ...limitRemarks(lab, provider)],
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

/** Limits of machines that somebody else made: lab sets none there. */
function limitRemarks({ machines }: Lab, { features }: Provider): Remark[] {
  if (features.ownsMachines) return [];
  const limited = Map.groupBy(machines.values(), (machine) =>
    Object.entries(limitNames)
      .filter(([field]) => machine[field as keyof Machine] !== undefined)
      .map(([, name]) => name)
      .join(', '),
  );
  const parts = [...limited]
    .filter(([limits]) => limits !== '')
    .map(([limits, of]) => say`${limits} of ${namesOf(of)}`);
  if (parts.length === 0) return [];
  const message = say`not kept: ${parts.join('; ')}: lab did not make these machines, and sets no limits there`;
  return [
    { level: 'warning', message, hint: say`Remove them, or set limits there yourself (limits.conf(5), cgroups).` },
  ];
}

/** More names than this say no more. */
const MOST_NAMES = 4;

function namesOf(machines: readonly Machine[]): string {
  const names = machines.map(({ name }) => name);
  const shown = names.length > MOST_NAMES ? names.slice(0, MOST_NAMES - 1) : names;
  return `${shown.join(', ')}${shown.length < names.length ? say` and ${names.length - shown.length} more` : ''}`;
}
