import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { retryUntil } from '../../../src/core/time/retry.ts';

/** A network namespace that lives as long as the test holds it. */
export interface NetworkNamespace extends Disposable {
  readonly pid: number;
  /** What to put before a command so that it runs there. */
  readonly within: readonly string[];
  run(...command: string[]): string;
  start(...command: string[]): ChildProcess;
}

/** Needs root. */
export async function networkNamespace(): Promise<NetworkNamespace> {
  const holder = spawn('unshare', ['-n', 'sleep', '300'], { stdio: 'ignore' });
  const pid = holder.pid!;
  const own = readlinkSync('/proc/self/ns/net');
  await retryUntil(
    () =>
      readlinkSync(`/proc/${pid}/ns/net`) === own ? { seen: 'still in the network of the host' } : { value: true },
    { what: 'a network namespace', timeoutMs: 5000, intervalMs: 2 },
  );
  const within = ['nsenter', '-t', String(pid), '-n', '--'];
  const run = (...command: string[]): string =>
    execFileSync(within[0]!, [...within.slice(1), ...command], { encoding: 'utf8' });
  run('ip', 'link', 'set', 'lo', 'up');
  return {
    pid,
    within,
    run,
    start: (...command) =>
      spawn(within[0]!, [...within.slice(1), ...command], { stdio: ['ignore', 'pipe', 'inherit'] }),
    [Symbol.dispose]: () => void holder.kill('SIGKILL'),
  };
}

/** Joins two namespaces by a cable: one end at each, with these addresses (`10.77.0.1/24`). */
export function connectNamespaces(
  one: NetworkNamespace,
  oneAddress: string,
  two: NetworkNamespace,
  twoAddress: string,
): void {
  one.run('ip', 'link', 'add', 'cable', 'type', 'veth', 'peer', 'name', 'cable', 'netns', String(two.pid));
  for (const [namespace, address] of [
    [one, oneAddress],
    [two, twoAddress],
  ] as const) {
    namespace.run('ip', 'address', 'add', address, 'dev', 'cable');
    namespace.run('ip', 'link', 'set', 'cable', 'up');
  }
}
