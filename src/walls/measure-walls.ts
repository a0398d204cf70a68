import { addressesOf, addressesOn } from '../core/lab-description.ts';
import { randomBytes } from 'node:crypto';
import { say } from '../core/language/say.ts';
import type { Interface } from '../lab/types.ts';
import type { Shell } from '../ssh/shell.ts';
import { askedWalls, hostQuestions, type HostQuestions } from './asked-walls.ts';
import { openHostDoor, type HostDoor } from './host-door.ts';
import { lookAtHost, lookFromOutside, type HostLook, type OutsideLook } from './host-look.ts';
import { hostWalls } from './host-walls.ts';
import { limitWalls } from './limit-walls.ts';
import { neighbourWalls, type Neighbour } from './neighbour-walls.ts';
import { openProbe, type ProbeDialog } from './probe-dialog.ts';
import { insideFacts, type InsideFacts } from './probe-facts.ts';
import { hostWall, type MachineWalls } from './wall-report.ts';

/** Whose walls are measured. */
export interface WalledMachine {
  readonly name: string;
  readonly interfaces: readonly Interface[];
  /** Folders of this host that it is to see, besides /usr and /etc. */
  readonly hostFolders: readonly string[];
  readonly shell: Shell;
}

export interface WallMeans {
  /** All that can be asked: they are neighbours of each other. */
  readonly machines: readonly WalledMachine[];
  /** The `.lab` folder. */
  readonly stateFolder: string;
  readonly signal: AbortSignal;
}

/** Of many neighbours these few stand for all. */
const MOST_NEIGHBOURS = 8;

interface Probed extends WalledMachine {
  readonly mark: string;
  readonly dialog: ProbeDialog;
  /** Undefined when it could not be asked. */
  readonly inside: InsideFacts | undefined;
  readonly outside: OutsideLook;
}

/**
 * What separates each machine from this host and from the others, tried now: from within by a process of root of the
 * machine (or its user, where that cannot become root), and from this host by looking for that process, its files and
 * its connections. Leaves nothing behind; connects to nothing but ports that it has opened itself, and the metadata
 * address of clouds.
 */
export async function measureWalls({ machines, stateFolder, signal }: WallMeans): Promise<MachineWalls[]> {
  await using door = await openHostDoor();
  const host = lookAtHost();
  const opened = machines.map((machine) => {
    const mark = randomBytes(12).toString('hex');
    return { ...machine, mark, dialog: openProbe(machine.shell, { mark, bootId: host.bootId ?? '', signal }) };
  });
  try {
    const probed = await Promise.all(
      opened.map(async (one): Promise<Probed> => {
        const lines = await one.dialog.held;
        return { ...one, inside: lines && insideFacts(lines), outside: lookFromOutside(one.mark) };
      }),
    );
    signal.throwIfAborted();
    return await Promise.all(probed.map((one) => wallsOf(one, probed, { host, stateFolder, door })));
  } finally {
    await Promise.all(opened.map(({ dialog }) => dialog.close()));
  }
}

async function wallsOf(
  one: Probed,
  all: readonly Probed[],
  { host, stateFolder, door }: { readonly host: HostLook; readonly stateFolder: string; readonly door: HostDoor },
): Promise<MachineWalls> {
  const { name: machine, inside, dialog, shell, mark, outside } = one;
  const questions: HostQuestions = {
    host,
    stateFolder,
    port: door.port,
    user: shell.user,
    shown: one.hostFolders,
    isKernelOfHost: inside?.bootId === host.bootId,
  };
  const neighbours = neighboursOf(one, all);
  const answers =
    inside &&
    (await dialog.ask([
      ...hostQuestions(questions),
      ...neighbours.map(({ machine: other, mark: word }) => ['mark', other, word] as const),
      ...neighbours.flatMap(({ machine: other, address }) =>
        address === undefined ? [] : [['echo', other, address] as const],
      ),
    ]));
  if (inside === undefined || answers === undefined)
    return {
      machine,
      walls: [hostWall('all', 'unknown', say`they cannot be tried: ${dialog.silence ?? say`it said nothing`}`)],
    };
  return {
    machine,
    walls: [
      ...hostWalls({ machine, inside, host, users: outside.users, mark }),
      ...askedWalls(questions, answers, door.arrived.has(mark)),
      ...limitWalls(inside, outside, inside.bootId === host.bootId),
      ...neighbourWalls(inside, neighbours, answers),
    ],
  };
}

function neighboursOf(one: Probed, all: readonly Probed[]): Neighbour[] {
  const others = all.flatMap((other) =>
    other === one || other.inside === undefined ? [] : [other as Probed & { inside: InsideFacts }],
  );
  const networks = new Set(one.interfaces.map(({ network }) => network));
  return others.slice(0, MOST_NEIGHBOURS).map(({ name: machine, mark, inside, interfaces }) => {
    const near = interfaces.find(({ network }) => networks.has(network));
    return {
      machine,
      mark,
      inside,
      address: (near ? addressesOn(near) : addressesOf({ interfaces }))[0],
      isNear: near !== undefined,
    };
  });
}
