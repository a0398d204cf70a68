import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTool, type Tool } from '../../../src/host/tools.ts';
import { finish } from '../lab-command.ts';

const script = join(import.meta.dirname, '../../packets/fixtures/traffic.py');
const tools = {
  unshare: findTool('unshare'),
  python3: findTool('python3'),
  ip: findTool('ip'),
  nsenter: findTool('nsenter'),
  nft: findTool('nft'),
  tcpdump: findTool('tcpdump'),
};
const missing = Object.entries(tools)
  .filter(([, tool]) => tool === undefined)
  .map(([name]) => name);

/** Why no real traffic can be made here; false when it can. */
export const noTraffic: string | false =
  missing.length === 0 ? false : `this needs ${missing.join(', ')} (lab doctor --fix)`;

export interface RealTraffic extends Disposable {
  /** The capture. */
  readonly path: string;
}

/** Plays scenarios of traffic.py with real programs and kernels in namespaces, and captures them. Works as root and as an ordinary user. */
export async function captureTraffic(scenarios: readonly string[]): Promise<RealTraffic> {
  const folder = mkdtempSync(join(tmpdir(), 'lab-traffic-'));
  const path = join(folder, 'traffic.pcap');
  const env = {
    ...process.env,
    PATH: `${process.env['PATH']}:/usr/sbin:/sbin`,
    NFT: wrapper(folder, 'nft', tools.nft!),
    TCPDUMP: wrapper(folder, 'tcpdump', tools.tcpdump!),
  };
  // Any user but 0 in there: tcpdump as root would change to a user that the namespace does not have.
  const child = spawn(
    'unshare',
    ['--user', '--map-user=1000', '--keep-caps', '--net', 'python3', script, path, ...scenarios],
    { env, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const { exitCode, stderr } = await finish(child);
  if (exitCode !== 0) throw new Error(`traffic.py ended with ${exitCode}: ${stderr}`);
  return { path, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The tool under one name, with the libraries that it needs. */
function wrapper(folder: string, name: string, { path, env }: Tool): string {
  const file = join(folder, name);
  const variables = Object.entries(env)
    .map(([key, value]) => `${key}='${value}' `)
    .join('');
  writeFileSync(file, `#!/bin/sh\n${variables}exec '${path}' "$@"\n`);
  chmodSync(file, 0o755);
  return file;
}
