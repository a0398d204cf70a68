import { canonicalAddress } from '../../core/address-family.ts';
import { EnvironmentError } from '../../core/errors.ts';
import { scriptFile } from '../../core/files/script-file.ts';
import { say } from '../../core/language/say.ts';
import { toolWords } from '../../core/text/tool-words.ts';
import type { Shell } from '../../ssh/shell.ts';
import type { ClockFacts, MachineProfile } from '../provider.ts';
import { parseLinks, type FoundInterface } from './interfaces.ts';

const surveyScript = scriptFile(new URL('survey-machine.sh', import.meta.url));

/** What a machine answered. */
export interface MachineSurvey {
  readonly facts: Omit<MachineProfile, 'clock' | 'unknownNames'>;
  readonly interfaces: readonly FoundInterface[];
  /** Port of its SSH server as itself sees it, whatever port forwards lie before it. */
  readonly sshPort: number;
  /** Addresses by name, of its /etc/hosts. */
  readonly hosts: ReadonlyMap<string, readonly string[]>;
}

const SURVEY_TIMEOUT_MS = 60_000;
const administrators = new Set(['sudo', 'wheel', 'admin']);

/**
 * Asks a machine, in one round trip, what it is like. Changes nothing there.
 *
 * @throws {EnvironmentError} when its account runs no commands (a restricted shell, a ForceCommand).
 * @throws {ConnectionError}
 */
export async function surveyMachine(
  shell: Shell,
  names: readonly string[],
  signal: AbortSignal,
): Promise<MachineSurvey> {
  const { stdout, stderr } = await shell.exec(
    { script: surveyScript(), args: names },
    { signal, timeoutMs: SURVEY_TIMEOUT_MS, endsByItself: true },
  );
  const lines = stdout.split('\n').slice(0, -1);
  if (lines.at(-1) === 'end') return parseMachineSurvey(lines);
  throw new EnvironmentError(say`${shell.machine}: the account ${shell.user} does not run commands as lab needs them`, {
    code: 'shell-restricted',
    detail: toolWords(stderr) || stdout.trim().slice(0, 500) || undefined,
    hint: say`It needs an ordinary login shell; look with: ssh ${shell.user}@… 'echo $SHELL'`,
  });
}

/** Pure: the lines that survey-machine.sh answers. */
export function parseMachineSurvey(lines: readonly string[]): MachineSurvey {
  const all = (kind: string): string[] =>
    lines.filter((line) => line.startsWith(`${kind}\t`)).map((line) => line.slice(kind.length + 1));
  const one = (kind: string): string | undefined => all(kind)[0] || undefined;
  const home = one('home') ?? '';
  const tools = all('tool');
  return {
    facts: {
      hostname: one('hostname'),
      system: one('system'),
      distribution: one('distribution'),
      user: one('user') ?? '',
      shell: one('shell'),
      sudo: sudoOf(one('sudo'), one('uid'), one('groups'), tools),
      tools,
      python: /^Python (\S+)/.exec(one('python') ?? '')?.[1],
      node: one('node'),
      home: { path: home, writable: one('writable') === 'yes', ...spaceOf(all('df'), all('mount')) },
    },
    interfaces: parseLinks({ addresses: all('address'), links: all('link'), ifconfig: all('ifconfig') }),
    sshPort: Number(one('connection')?.split(' ')[3] ?? 22),
    hosts: hostsOf(all('hosts')),
  };
}

function sudoOf(
  free: string | undefined,
  uid: string | undefined,
  groups: string | undefined,
  tools: readonly string[],
): MachineProfile['sudo'] {
  if (uid === '0' || free !== undefined) return 'without-password';
  const mayAsk = tools.includes('sudo') && (groups ?? '').split(' ').some((group) => administrators.has(group));
  return mayAsk ? 'with-password' : 'none';
}

/** Free space and mount options of the home folder: `df -P` names the mount point, /proc/mounts its options. */
function spaceOf(
  df: readonly string[],
  mounts: readonly string[],
): { freeBytes: number | undefined; executable: boolean } {
  const [, freeKiB, mountPoint = ''] = /\s(\d+)\s+\d+%\s+(\/.*)$/.exec(df.at(-1) ?? '') ?? [];
  const options = mounts.findLast((line) => line.split('\t')[0] === mountPoint)?.split('\t')[1] ?? '';
  return {
    freeBytes: freeKiB === undefined ? undefined : Number(freeKiB) * 1024,
    executable: !options.split(',').includes('noexec'),
  };
}

/** Lines such as `192.168.100.4 vm1 server # comment` of hosts(5). */
function hostsOf(lines: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const known = lines.flatMap((line) => {
    const [text = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    return names.map((name) => ({ name, address: canonicalAddress(text) ?? text }));
  });
  const byName = Map.groupBy(known, ({ name }) => name);
  return new Map([...byName].map(([name, all]) => [name, all.map(({ address }) => address)]));
}

/** What a machine is like, with what was measured and what its names mean here. */
export function factsOf(
  { facts, hosts }: MachineSurvey,
  clock: ClockFacts | undefined,
  addresses: ReadonlyMap<string, string>,
): MachineProfile {
  const unknown = [...addresses].filter(([name, address]) => hosts.get(name)?.includes(address) !== true);
  return { ...facts, clock, unknownNames: Object.fromEntries(unknown) };
}
