import { dirname } from 'node:path';
import { EnvironmentError, messageOf, systemCode } from '../../../core/errors.ts';
import { say } from '../../../core/language/say.ts';
import { retryUntil } from '../../../core/time/retry.ts';
import {
  identify,
  isAlive,
  namespacePids,
  ownerOf,
  pathNow,
  processes,
  type ProcessId,
} from '../../../host/processes.ts';
import { quoteOption } from './quote-option.ts';

/** What a process of a lab is: a machine, the gateway of a network, or the switch of all networks. */
export type Role = 'machine' | 'gateway' | 'switch';

export interface Label {
  readonly labId: string;
  readonly labName: string;
  readonly role: Role;
  /** Of the machine or network. */
  readonly name: string;
  /** Absolute path of the `.lab` folder. */
  readonly stateFolder: string;
}

export interface LabelledProcess extends ProcessId, Label {}

const MARK = 'lab-vm';
const OPTION_KEY = 'guest=';
/** The argument before the label: QEMU's own option for a name, and the switch's. */
export const LABEL_OPTION = '-name';

/** The label as one argument, in the form of QEMU's option: a comma would end the name, unless it is doubled. */
export function labelArgument({ labId, labName, role, name, stateFolder }: Label): string {
  return `${OPTION_KEY}${quoteOption([MARK, labId, labName, role, name, stateFolder].join(' '))}`;
}

/**
 * All processes of labs of this user on this host, by the label in their arguments. Programs in a machine made from
 * namespaces may give themselves any arguments; so only processes of the host's own PID namespace are believed.
 */
export function labelledProcesses(): LabelledProcess[] {
  return [...processes()].flatMap(({ pid, args }) => {
    const label = labelIn(args);
    const id =
      label && ownerOf(pid) === process.getuid?.() && namespacePids(pid).length === 1 ? identify(pid) : undefined;
    return label && id ? [{ ...id, ...label }] : [];
  });
}

/** What the arguments of a process say of its lab; undefined for one of no lab. */
export function labelIn(args: readonly string[]): Label | undefined {
  const text = args[args.indexOf(LABEL_OPTION) + 1] ?? '';
  const [found, labId, labName, role, name, ...folder] = text.replace(OPTION_KEY, '').replaceAll(',,', ',').split(' ');
  if (
    !text.startsWith(OPTION_KEY) ||
    found !== MARK ||
    labId === undefined ||
    labName === undefined ||
    name === undefined ||
    folder.length === 0
  )
    return undefined;
  return { labId, labName, role: role as Role, name, stateFolder: folder.join(' ') };
}

/** Where the `.lab` folder is now in which this process was started: it works in a folder there. */
export function folderNow({ pid }: ProcessId): string | undefined {
  const work = pathNow(pid, 'cwd');
  return work === undefined ? undefined : dirname(work);
}

export function processesOf(labId: string): LabelledProcess[] {
  return labelledProcesses().filter((process) => process.labId === labId);
}

/** Ends these processes at once, and waits until they are gone. */
export async function endProcesses(members: readonly ProcessId[]): Promise<void> {
  for (const member of members) kill(member);
  await retryUntil(() => (members.some(isAlive) ? { seen: say`its processes are still there` } : { value: true }), {
    what: say`the end of the virtual machines`,
    timeoutMs: 20_000,
    intervalMs: 5,
  });
}

function kill(member: ProcessId): void {
  try {
    if (isAlive(member)) process.kill(member.pid, 'SIGKILL');
  } catch (error) {
    if (systemCode(error) !== 'ESRCH')
      throw new EnvironmentError(say`cannot end process ${member.pid}: ${messageOf(error)}`, {
        code: 'cannot-end',
        cause: error,
      });
  }
}
