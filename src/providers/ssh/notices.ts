import { say } from '../../core/language/say.ts';
import { sayDuration } from '../../core/language/amounts.ts';
import type { Lab, Program } from '../../lab/types.ts';
import type { MachineProfile } from '../provider.ts';

/** Something that the user should know of a machine, though all works. */
export interface Notice {
  readonly level: 'info' | 'warning';
  readonly message: string;
  readonly hint: string;
}

/**
 * A clock that is off by more than this makes times in reports of the machine's own (logs, certificates) hard to read.
 */
const NOTABLE_OFFSET_MS = 2000;

/** Pure: what is peculiar about the machines, as far as the programs of the lab have to do with it. */
export function noticesAbout(lab: Lab, facts: ReadonlyMap<string, MachineProfile>): Notice[] {
  return [...facts].flatMap(([machine, found]) => {
    const programs = [...lab.programs.values()].filter(({ on }) => on === machine);
    return [
      unknownNames(machine, found, programs),
      notExecutable(machine, found, programs),
      wrongClock(machine, found),
    ].filter((notice) => notice !== undefined);
  });
}

/** Names that programs use and their machine does not know. They still work: `lab run` gives the address. */
function unknownNames(machine: string, facts: MachineProfile, programs: readonly Program[]): Notice | undefined {
  const words = new Set(programs.flatMap(({ command }) => command.map((word) => word.split(':')[0])));
  const names = Object.entries(facts.unknownNames).filter(([name]) => words.has(name));
  if (names.length === 0) return undefined;
  const unknown = names.map(([name]) => name).join(say` and `);
  const lines = names.map(([name, address]) => `${address} ${name}`).join(', ');
  return {
    level: 'info',
    message: say`${machine} does not know ${unknown} by name (/etc/hosts); in commands of programs the address stands in`,
    hint: say`To use the name inside programs, add to /etc/hosts there: ${lines}`,
  };
}

function notExecutable(machine: string, { home }: MachineProfile, programs: readonly Program[]): Notice | undefined {
  const compiled = programs.filter(({ command }) => command[0]?.includes('/') === true && !command[0].startsWith('/'));
  if (home.executable || compiled.length === 0) return undefined;
  return {
    level: 'warning',
    message: say`${machine}: programs cannot be run from the home folder ${home.path} (mounted noexec), which concerns ${compiled.map(({ name }) => name).join(say` and `)}`,
    hint: say`Programs that an interpreter reads (python3, node, sh) are not concerned; else: sudo mount -o remount,exec ${home.path}`,
  };
}

function wrongClock(machine: string, { clock }: MachineProfile): Notice | undefined {
  if (clock === undefined || Math.abs(clock.offsetMs) - clock.roundTripMs < NOTABLE_OFFSET_MS) return undefined;
  const offset = sayDuration(Math.abs(clock.offsetMs));
  return {
    level: 'info',
    message:
      clock.offsetMs > 0
        ? say`the clock of ${machine} is ${offset} ahead; times that lab shows are those of this host`
        : say`the clock of ${machine} is ${offset} behind; times that lab shows are those of this host`,
    hint: say`Set it with: sudo timedatectl set-ntp true`,
  };
}
