import { say } from '../core/language/say.ts';
import { joined } from '../report/language/failure-words.ts';

/**
 * How one wall was found. `holds`: it was tried, and nothing got through. `shared`: there is none, on purpose, as
 * between machines on one network. `open`: something got through that should not. `unknown`: it could not be tried.
 */
export type WallState = 'holds' | 'shared' | 'open' | 'unknown';

export interface Wall {
  /** What it is about, in a word or two. */
  readonly wall: string;
  /** What it separates the machine from. */
  readonly from: 'host' | 'neighbours';
  readonly state: WallState;
  /** What was seen; a sentence without its stop. */
  readonly seen: string;
}

/** The walls of one machine, as they were at one moment. */
export interface MachineWalls {
  readonly machine: string;
  readonly walls: readonly Wall[];
}

/** The walls of a lab. */
export interface WallsResult {
  readonly lab: string;
  readonly provider: string;
  readonly machines: readonly MachineWalls[];
  /** How many walls something got through. */
  readonly open: number;
}

/** A wall of one side, as its parts are found out. */
export type WallMaker = (wall: string, state: WallState, seen: string) => Wall;
export const hostWall: WallMaker = (wall, state, seen) => ({ wall, from: 'host', state, seen });
export const neighbourWall: WallMaker = (wall, state, seen) => ({ wall, from: 'neighbours', state, seen });

/** `a, b and c`. */
export const inWords = (names: readonly string[]): string => joined(names, say`and`);

const walls: Readonly<Record<string, string>> = {
  all: say`all`,
  kernel: say`kernel`,
  processes: say`processes`,
  users: say`users`,
  namespaces: say`namespaces`,
  sudo: 'sudo',
  rights: say`rights`,
  'system calls': say`system calls`,
  priority: say`priority`,
  devices: say`devices`,
  writing: say`writing`,
  folders: say`folders`,
  secrets: say`secrets`,
  addresses: say`addresses`,
  metadata: say`metadata`,
  limits: say`limits`,
  memory: say`memory`,
  sight: say`sight`,
  network: say`network`,
};

/** The name of a wall in the language of the user. */
export function wallWord({ wall }: Wall): string {
  return walls[wall] ?? wall;
}
