import { say } from '../core/language/say.ts';
import type { InsideFacts, ProbeLines } from './probe-facts.ts';
import { inWords, neighbourWall as wall, type Wall } from './wall-report.ts';

/** Another machine of the lab. */
export interface Neighbour {
  readonly machine: string;
  readonly mark: string;
  readonly inside: InsideFacts;
  /** Its address to try, and whether both are on one network. */
  readonly address: string | undefined;
  readonly isNear: boolean;
}

/** What separates a machine from its neighbours. */
export function neighbourWalls(inside: InsideFacts, neighbours: readonly Neighbour[], answers: ProbeLines): Wall[] {
  if (neighbours.length === 0) return [];
  const got = (kind: string): Map<string, string> =>
    new Map((answers.get(kind) ?? []).map(([, about = '', answer = '']) => [about, answer]));
  return [marksWall(neighbours, got('mark')), namespacesWall(inside, neighbours), networkWall(neighbours, got('echo'))];
}

function marksWall(neighbours: readonly Neighbour[], marks: ReadonlyMap<string, string>): Wall {
  const found = neighbours.filter(({ machine }) => !['none', undefined].includes(marks.get(machine)));
  const unknown = neighbours.filter(({ machine }) => !marks.has(machine));
  if (found.length > 0)
    return wall('sight', 'open', say`it sees processes or files of ${inWords(found.map(({ machine }) => machine))}`);
  if (unknown.length > 0) return wall('sight', 'unknown', say`not tried`);
  return wall(
    'sight',
    'holds',
    say`it sees no process and no file of ${names(neighbours)} (one of each was looked for)`,
  );
}

function namespacesWall(inside: InsideFacts, neighbours: readonly Neighbour[]): Wall {
  const isOwnKernel = neighbours.every((other) => other.inside.bootId !== inside.bootId);
  if (isOwnKernel) return wall('kernel', 'holds', say`each has a kernel of its own`);
  const shared = neighbours.filter((other) =>
    ['pid', 'mnt', 'net', 'ipc'].some((kind) => other.inside.namespaces.get(kind) === inside.namespaces.get(kind)),
  );
  return shared.length > 0
    ? wall('namespaces', 'open', say`processes, files, network or shared memory are those of ${names(shared)}`)
    : wall(
        'namespaces',
        'holds',
        say`processes, files, network and shared memory are not those of ${names(neighbours)}`,
      );
}

/** Machines of one network are there to reach each other. */
function networkWall(neighbours: readonly Neighbour[], echoes: ReadonlyMap<string, string>): Wall {
  const tried = neighbours.filter(({ machine }) => echoes.has(machine));
  const reached = tried.filter(({ machine }) => echoes.get(machine) === 'done');
  const unreached = tried.filter((other) => !reached.includes(other));
  if (tried.length === 0) return wall('network', 'unknown', say`no neighbour has an address to try`);
  if (reached.length === 0) return wall('network', 'holds', say`${names(unreached)} cannot be reached`);
  const far = reached.filter(({ isNear }) => !isNear);
  const seen =
    far.length === 0
      ? say`${names(reached)} can be reached (on the same network)`
      : say`${names(reached)} can be reached (${names(far)} by way of another machine)`;
  return wall('network', 'shared', unreached.length === 0 ? seen : say`${seen}; ${names(unreached)} not`);
}

function names(neighbours: readonly Neighbour[]): string {
  return inWords(neighbours.map(({ machine }) => machine));
}
