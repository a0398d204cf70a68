import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findTool } from '../../src/host/tools.ts';
import { cachedImage } from '../../src/providers/qemu/images/image-store.ts';
import { printedSeconds, type Benchmark, type Timed } from './measure.ts';

/** Built by scripts/test-image/build. */
const image = 'lab-test';
const rounds = 3;

export interface Means {
  /** A `lab` command as something to time. */
  readonly ours: (name: string, args: readonly string[], folder: string, more?: Partial<Timed>) => Timed;
  /** Runs a `lab` command, untimed. */
  readonly runLab: (folder: string, ...args: string[]) => string;
  /** A folder of its own with the reference practical. */
  readonly practical: () => string;
}

/** What the qemu provider has to reach. A start of a machine takes long where there is no hardware virtualisation, so there are few rounds. */
export function virtualMachines({ ours, runLab, practical }: Means): readonly Benchmark[] {
  const lab = (machines: number, withPrograms: boolean): { folder: string; end: () => void } => {
    const folder = practical();
    const file = join(folder, 'lab.yaml');
    const text = readFileSync(file, 'utf8')
      .replaceAll('ubuntu-24.04', image)
      .replace('provider: netns', 'provider: qemu')
      .replaceAll(/- start: (\w+)/g, '- { start: $1, timeout: 90s }');
    const bare = text
      .replace(/^programs:[^]*/m, '')
      .replaceAll(/^ {2}vm(\d): .*\n/gm, (line, number: string) => (Number(number) <= machines ? line : ''));
    writeFileSync(file, withPrograms ? text : bare);
    return { folder, end: () => rmSync(folder, { recursive: true, force: true }) };
  };
  const fromImage = (name: string, folder: string, more: Partial<Timed> = {}): Timed => {
    return ours(name, ['up', '--json'], folder, {
      prepare: () => runLab(folder, 'down', '--purge'),
      restore: () => runLab(folder, 'down'),
      ...more,
    });
  };
  return [
    {
      name: 'vm-boot',
      missing,
      bar: 'process start to SSH within 1.1 x of the same image started by a bare QEMU command line',
      run: async () => {
        const { folder, end } = lab(1, false);
        runLab(folder, 'up');
        const bare = bareQemu(folder);
        runLab(folder, 'down');
        return { commands: [fromImage('lab up, to SSH', folder, { elapsed: secondsToSsh }), bare], rounds, end };
      },
    },
    {
      name: 'vm-up-again',
      missing,
      bar: 'at least 5 x faster than the first "lab up"',
      run: async () => {
        const { folder, end } = lab(2, true);
        const prepare = (): void => {
          if (existsSync(join(folder, '.lab/saved/boot'))) return;
          for (const command of ['up', 'down']) runLab(folder, command);
        };
        return {
          commands: [
            ours('lab up, from the saved state', ['up'], folder, { prepare, restore: () => runLab(folder, 'down') }),
            fromImage('lab up, the first time', folder),
          ],
          rounds,
          end,
        };
      },
    },
    {
      name: 'vm-two',
      missing,
      bar: 'two machines at once under 1.3 x of one, where there are processors for both',
      run: async () => {
        const [one, two] = [lab(1, false), lab(2, false)];
        const end = (): void => [one, two].forEach((each) => each.end());
        return {
          commands: [fromImage('lab up, one machine', one.folder), fromImage('lab up, two machines', two.folder)],
          rounds,
          end,
        };
      },
    },
  ];
}

function missing(): string | undefined {
  return cachedImage(image) ? undefined : 'its image is missing: sh scripts/test-image/build tiny';
}

/** When the machine's SSH server greeted, as `lab up --json` tells it. */
function secondsToSsh(stdout: string): number {
  const { steps } = JSON.parse(stdout) as {
    readonly steps: readonly { readonly title: string; readonly note: string | null }[];
  };
  const note = steps.find(({ title }) => title === 'start vm1')?.note ?? '';
  const [, minutes = 0, value, unit] = /\bSSH (?:(\d+) min )?([\d.]+) (ms|s)\b/.exec(note) ?? [];
  return Number(minutes) * 60 + Number(value) / (unit === 'ms' ? 1000 : 1);
}

/** The machine of the lab that is up, with the same image, seed, card and acceleration, and QEMU's own network instead of ours. */
function bareQemu(folder: string): Timed {
  const port = 20_000 + (process.pid % 10_000);
  const { path, env } = findTool('qemu-system-x86_64')!;
  const imageTool = findTool('qemu-img')!;
  const { disk, boot } = cachedImage(image)!;
  const seed = join(folder, 'seed.iso');
  const overlay = join(folder, 'bare.qcow2');
  copyFileSync(join(folder, '.lab/vm/vm1.iso'), seed);
  const acceleration = JSON.parse(readFileSync(join(folder, '.lab/vm/acceleration.json'), 'utf8')) as {
    readonly arguments: readonly string[];
  };
  const mac = /macaddress":"([0-9a-f:]+)"/.exec(readFileSync(seed, 'latin1'))?.[1] ?? '';
  const command = [
    path,
    ...acceleration.arguments,
    '-machine',
    'q35',
    '-m',
    '768',
    '-nodefaults',
    '-no-user-config',
    '-display',
    'none',
    '-serial',
    'null',
    '-drive',
    `file=${overlay},if=virtio,format=qcow2,cache=unsafe`,
    '-drive',
    `file=${seed},if=virtio,format=raw,readonly=on`,
    '-netdev',
    `user,id=n,net=192.168.100.0/24,host=192.168.100.1,hostfwd=tcp:127.0.0.1:${port}-192.168.100.4:22`,
    '-device',
    `virtio-net-pci,netdev=n,mac=${mac}`,
    ...(boot ? ['-kernel', boot.kernel, '-initrd', boot.initrd, '-append', boot.arguments] : []),
  ];
  return {
    name: 'bare QEMU, to SSH',
    command: ['python3', join(import.meta.dirname, 'bare-qemu.py'), String(port), ...command],
    env: { LD_LIBRARY_PATH: env['LD_LIBRARY_PATH'] ?? '' },
    prepare: () =>
      execFileSync(imageTool.path, ['create', '-q', '-f', 'qcow2', '-b', disk, '-F', 'qcow2', overlay], {
        env: { ...process.env, ...imageTool.env },
      }),
    elapsed: printedSeconds,
  };
}
