/** Lines of walls-probe.pl, by their first field. */
export type ProbeLines = ReadonlyMap<string, readonly (readonly string[])[]>;

/** What a machine showed of itself from within. Errors are names as in errno(3), `done` what succeeded. */
export interface InsideFacts {
  /** The account that tried the walls, as the machine counts. */
  readonly uid: number | undefined;
  /** Random ID of the running kernel (random(4)). */
  readonly bootId: string | undefined;
  /** Inode of each namespace by its short name: `mnt` → `mnt:[4026532395]` (namespaces(7)). */
  readonly namespaces: ReadonlyMap<string, string>;
  /** Bits of the capability bounding set; undefined where the machine does not say. */
  readonly bounding: bigint | undefined;
  readonly noNewPrivileges: boolean | undefined;
  /** Whether its account became root without a password; undefined for root itself. */
  readonly sudo: boolean | undefined;
  /** Soft limits of getrlimit(2) by the kernel's name; undefined: unlimited. */
  readonly limits: ReadonlyMap<string, number | undefined>;
  /** Sizes of file systems, in KiB, by where they are mounted. */
  readonly disks: ReadonlyMap<string, number>;
  readonly memoryKiB: number | undefined;
  readonly processors: number | undefined;
  /** Processes that it sees. */
  readonly processes: number | undefined;
  readonly devices: readonly string[];
  /** What each call gave. */
  readonly tried: ReadonlyMap<string, string>;
  /** What making a file gave, by folder. */
  readonly made: ReadonlyMap<string, string>;
}

/** Reads lines of tab-separated fields. */
export function probeLines(text: string): ProbeLines {
  const lines = text.split('\n').map((line) => line.split('\t'));
  return Map.groupBy(lines, ([first = '']) => first);
}

export function insideFacts(lines: ProbeLines): InsideFacts {
  const one = (kind: string): string | undefined => lines.get(kind)?.[0]?.[1];
  const pairs = (kind: string): Map<string, string> =>
    new Map((lines.get(kind) ?? []).map(([, key = '', value = '']) => [key, value]));
  const status = pairs('status');
  const bounding = status.get('CapBnd');
  const noNewPrivileges = status.get('NoNewPrivs');
  const sudo = one('sudo');
  return {
    uid: numberOf(one('uid')),
    bootId: one('boot') || undefined,
    namespaces: pairs('namespace'),
    bounding: bounding === undefined || !/^[0-9a-f]{1,16}$/.test(bounding) ? undefined : BigInt(`0x${bounding}`),
    noNewPrivileges: noNewPrivileges === undefined ? undefined : noNewPrivileges === '1',
    sudo: sudo === undefined ? undefined : sudo === 'yes',
    limits: new Map([...pairs('limit')].map(([name, value]) => [name, numberOf(value)])),
    disks: new Map([...pairs('disk')].flatMap(([path, size]) => numberEntry(path, size))),
    memoryKiB: numberOf(one('memory')),
    processors: numberOf(one('processors')),
    processes: numberOf(one('processes')),
    devices: (lines.get('device') ?? []).map(([, name = '']) => name),
    tried: pairs('tried'),
    made: pairs('made'),
  };
}

function numberEntry(path: string, size: string): [string, number][] {
  const number = numberOf(size);
  return number === undefined ? [] : [[path, number]];
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
