/** Begins each part of what inspect.sh prints. Longer than a process name can be (15 bytes), so none can forge it. */
export const SECTION_MARK = ':::lab-port-section:::';

/** What inspect.sh printed, as data. */
export interface Findings {
  /** `ss`, `proc`, `lsof`, `netstat`, or `none`. */
  readonly source: string;
  /** The rows of the socket table, as the tool printed them. */
  readonly table: string;
  /** Processes by the number of a socket that they have open. */
  readonly owners: ReadonlyMap<string, readonly number[]>;
  readonly processes: ReadonlyMap<number, ProcessFacts>;
  readonly userNames: ReadonlyMap<number, string>;
  /** The user id that looked first, and whether root had to look again. */
  readonly uid: number | undefined;
  readonly sudo: 'absent' | 'refused' | undefined;
  readonly sshPort: number | undefined;
  /** Our own shell on the machine and all processes above it. */
  readonly above: ReadonlySet<number>;
  /**
   * What bind(2) answered to the user that looked first, by what was bound and how: `ipv4 plain` → `EADDRINUSE`. Empty
   * where nothing could try.
   */
  readonly bind: ReadonlyMap<string, string>;
  /** TCP sockets that are bound only. */
  readonly bound: readonly { readonly inode: string; readonly uid: number; readonly address: string }[];
}

export interface ProcessFacts {
  readonly parent: number;
  readonly uid: number;
  readonly identity: string;
  /** Milliseconds since the Unix epoch; undefined where the machine has no /proc. */
  readonly startedAtMs: number | undefined;
  readonly command: string | undefined;
  readonly parentCommand: string | undefined;
  readonly unit: string | undefined;
}

/**
 * Reads what inspect.sh printed; undefined when it was cut short. Where root looked again, its view of sockets and
 * processes counts.
 */
export function parseFindings(output: string): Findings | undefined {
  const sections = output.split(SECTION_MARK).slice(1).map(readSection);
  if (sections.at(-1)?.name !== 'end') return undefined;
  const tables = sections.filter(({ name }) => name !== 'facts' && name !== 'end');
  const facts = sections.filter(({ name }) => name === 'facts').map(({ lines }) => readFacts(lines));
  const [table, first, last] = [tables.at(-1), facts[0], facts.at(-1)];
  if (table === undefined || first === undefined || last === undefined) return undefined;
  return {
    source: table.name,
    table: table.lines.join('\n'),
    owners: ownersOf(last),
    processes: processesOf(last),
    userNames: new Map(last('user').flatMap(([uid, name]) => (name ? [[Number(uid), name] as const] : []))),
    uid: numberOf(first('me')[0]?.[0]),
    sudo: (['absent', 'refused'] as const).find((word) => last('sudo')[0]?.[0] === word),
    // Of a client on a Unix socket, sshd says UNKNOWN 65535.
    sshPort: first('ssh')[0]?.[0] === 'UNKNOWN' ? undefined : numberOf(first('ssh')[0]?.[1]),
    above: new Set(first('above').map(([pid]) => Number(pid))),
    bind: new Map(first('bind').map(([family, how, answer = '']) => [`${family} ${how}`, answer])),
    bound: last('bound').map(([inode = '', uid, address = '']) => ({ inode, uid: Number(uid), address })),
  };
}

interface Section {
  readonly name: string;
  readonly lines: readonly string[];
}

function readSection(text: string): Section {
  const [name = '', ...lines] = text.replace(/\n$/, '').split('\n');
  return { name, lines };
}

/** The facts of one kind, each as its words. */
type Facts = (kind: string) => readonly (readonly string[])[];

function readFacts(lines: readonly string[]): Facts {
  const facts = Map.groupBy(
    lines.map((line) => line.split(' ')),
    ([kind = '']) => kind,
  );
  return (kind) => (facts.get(kind) ?? []).map((words) => words.slice(1));
}

function ownersOf(facts: Facts): Map<string, number[]> {
  const owners = Map.groupBy(facts('holds'), ([, inode = '']) => inode);
  return new Map([...owners].map(([inode, rows]) => [inode, rows.map(([pid]) => Number(pid))]));
}

function processesOf(facts: Facts): Map<number, ProcessFacts> {
  const [[hertz, bootSeconds] = []] = facts('clock');
  const commands = textsOf(facts('command'));
  const cgroups = textsOf(facts('cgroup'));
  return new Map(
    facts('process').map(([pid, parent, uid, identity = '']) => {
      const ticks = Number(identity.split('.')[0]);
      return [
        Number(pid),
        {
          parent: Number(parent),
          uid: Number(uid),
          identity,
          startedAtMs:
            ticks > 0 && bootSeconds ? Number(bootSeconds) * 1000 + (ticks * 1000) / Number(hertz) : undefined,
          command: commandLine(commands.get(pid)),
          parentCommand: commandLine(commands.get(parent)),
          unit: serviceUnit(cgroups.get(pid) ?? ''),
        },
      ];
    }),
  );
}

/** The decoded second word of each fact, by the first. */
function textsOf(facts: readonly (readonly string[])[]): Map<string | undefined, string> {
  return new Map(facts.map(([key, hex = '']) => [key, Buffer.from(hex, 'hex').toString('utf8')]));
}

/**
 * A command line on one line: the words of /proc/PID/cmdline end with NUL; line breaks and control characters become
 * spaces.
 */
function commandLine(text: string | undefined): string | undefined {
  const line = text?.replace(/[\p{C}\p{Z}]+/gu, ' ').trim();
  return line === '' ? undefined : line;
}

/**
 * The systemd service in a text of /proc/PID/cgroup (cgroups(7)). The services of a login (`user@1000.service`,
 * `ssh.service`) are no supervisors of what the user starts in it.
 */
export function serviceUnit(cgroups: string): string | undefined {
  const line = cgroups.split('\n').find((entry) => /^(0::|\d+:name=systemd:)\//.test(entry));
  const unit = line?.split('/').findLast((part) => part.endsWith('.service'));
  return unit === undefined || /^(user@.*|sshd?(@.*)?)\.service$/.test(unit) ? undefined : unit;
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined || !/^\d+$/.test(text) ? undefined : Number(text);
}
