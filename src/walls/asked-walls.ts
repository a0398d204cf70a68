import { say } from '../core/language/say.ts';
import type { HostLook } from './host-look.ts';
import type { ProbeQuestion } from './probe-dialog.ts';
import type { ProbeLines } from './probe-facts.ts';
import { hostWall as wall, inWords, type Wall } from './wall-report.ts';

/** What is asked of a machine about this host. */
export interface HostQuestions {
  readonly host: HostLook;
  /** The `.lab` folder. */
  readonly stateFolder: string;
  /** A port that is open on all addresses of this host. */
  readonly port: number;
  /** The account on the machine, whose home there is its own. */
  readonly user: string;
  /** Folders of this host that it is to see, besides those that all machines see. */
  readonly shown: readonly string[];
  /** Else it has files of its own, which are only called as some of this host. */
  readonly isKernelOfHost: boolean;
}

/** Cloud providers give out keys there (RFC 3927 addresses lead nowhere else). */
const METADATA = '169.254.169.254';

export function hostQuestions(questions: HostQuestions): ProbeQuestion[] {
  const { host, port } = questions;
  return [
    ...[...host.samples.values()].flat().map((path) => ['path', path] as const),
    ...secretsOf(questions).map((path) => ['path', path] as const),
    ...host.addresses.map((address) => ['connect', address, String(port)] as const),
    ['connect', METADATA, '80'],
  ];
}

function secretsOf({ host, stateFolder, user }: HostQuestions): string[] {
  return [stateFolder, ...host.secrets.filter((path) => path !== `/home/${user}`)];
}

/** What the answers say. `arrived`: the word of this machine came to the port. */
export function askedWalls(questions: HostQuestions, answers: ProbeLines, arrived: boolean): Wall[] {
  const got = (kind: string): Map<string, string> =>
    new Map((answers.get(kind) ?? []).map(([, about = '', answer = '']) => [about, answer]));
  const [paths, connections] = [got('path'), got('connect')];
  return [
    ...(questions.isKernelOfHost ? [foldersWall(questions, paths)] : []),
    secretsWall(questions, paths),
    addressesWall(questions, connections, arrived),
    metadataWall(connections.get(METADATA)),
  ];
}

/** Programs and configuration of this host, which machines of the netns provider share. */
const seenByAll: readonly string[] = ['/usr', '/etc'];

function foldersWall({ host, shown }: HostQuestions, paths: ReadonlyMap<string, string>): Wall {
  const known = [...host.samples].filter(([, samples]) => samples.length > 0);
  const isSeen = (samples: readonly string[]): boolean => samples.some((path) => paths.get(path) === 'there');
  const seen = known.filter(([, samples]) => isSeen(samples)).map(([folder]) => folder);
  const unseen = known.filter(([, samples]) => !isSeen(samples)).map(([folder]) => folder);
  const unasked = seen.filter((folder) => ![...seenByAll, ...shown].includes(folder));
  if (unasked.length > 0) return wall('folders', 'open', say`it sees ${inWords(unasked)} of this host unasked`);
  if (seen.length === 0) return wall('folders', 'holds', say`it sees none of this host's: ${inWords(unseen)}`);
  if (unseen.length === 0) return wall('folders', 'shared', say`it sees ${inWords(seen)} of this host`);
  return wall('folders', 'shared', say`it sees ${inWords(seen)} of this host, not ${inWords(unseen)}`);
}

function secretsWall(questions: HostQuestions, paths: ReadonlyMap<string, string>): Wall {
  const asked = secretsOf(questions);
  const there = asked.filter((path) => paths.get(path) !== 'absent');
  if (there.length > 0) return wall('secrets', 'open', say`it has ${inWords(there)} of this host`);
  return wall('secrets', 'holds', withoutSecrets(questions.stateFolder, asked.length - 1));
}

function withoutSecrets(folder: string, others: number): string {
  if (others === 0) return say`it has no ${folder}, where the keys of lab are`;
  return others === 1
    ? say`it has no ${folder}, where the keys of lab are, nor ${others} home or socket of this host`
    : say`it has no ${folder}, where the keys of lab are, nor ${others} homes and sockets of this host`;
}

function addressesWall({ host, port }: HostQuestions, answers: ReadonlyMap<string, string>, arrived: boolean): Wall {
  const open = host.addresses.filter((address) => answers.get(address) === 'done');
  const list = inWords(host.addresses);
  // What it has sent may still be on its way here when it says so.
  if (open.length > 0) return wall('addresses', 'open', say`it reaches this host at ${inWords(open)}`);
  if (arrived) return wall('addresses', 'open', say`it reaches this host, though it says that it does not`);
  if (host.addresses.some((address) => !answers.has(address)))
    return wall('addresses', 'unknown', say`not tried: ${list}`);
  return wall('addresses', 'holds', say`it does not reach this host at ${list} (port ${port}, opened for this)`);
}

function metadataWall(answer: string | undefined): Wall {
  if (answer === undefined) return wall('metadata', 'unknown', say`${METADATA} was not tried`);
  if (answer === 'done') return wall('metadata', 'open', say`it reaches ${METADATA}, where clouds give out keys`);
  return answer === 'silent'
    ? wall('metadata', 'holds', say`it gets no answer from ${METADATA}, where clouds give out keys`)
    : wall('metadata', 'holds', say`it is refused ${METADATA}, where clouds give out keys`);
}
