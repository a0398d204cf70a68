import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Benchmark, Timed } from './measure.ts';

/** What this needs of the benchmarks: this checkout, and a new folder with the reference practical in it. */
interface Ground {
  readonly root: string;
  readonly practical: () => string;
}

/** One checkout at work in a folder of its own. */
interface Side {
  readonly name: string;
  readonly lab: string;
  readonly folder: string;
}

/** The daily commands of the practical, each in turn with the same command of another checkout (`--against FOLDER`, compiled there). */
export function againstCheckout(other: string | undefined, { root, practical }: Ground): Benchmark[] {
  const missing = (): string | undefined => {
    if (other === undefined) return '--against FOLDER names no other checkout';
    return existsSync(join(other, 'dist/cli/main.js')) ? undefined : `${other} is not compiled: npm run build there`;
  };
  const sides = (): Side[] =>
    [root, other!].map((checkout, index) => {
      const folder = practical();
      cpSync(join(checkout, 'dist/programs'), join(folder, 'dist/programs'), { recursive: true });
      return { name: index === 0 ? 'this checkout' : 'the other', lab: join(checkout, 'scripts/lab'), folder };
    });
  const compared = (verb: string, name: string, how: (side: Side) => Partial<Timed>, isUp: boolean): Benchmark => ({
    name: `against-${name}`,
    bar: 'at most as long as the other checkout needs',
    missing,
    run: async () => {
      const both = sides();
      if (isUp) both.forEach((side) => call(side, 'up'));
      return {
        commands: both.map((side) => ({ name: `${side.name}: lab ${verb}`, command: words(side, verb), ...how(side) })),
        end: () => both.forEach(remove),
      };
    },
  });
  return [
    compared('up', 'up', (side) => ({ restore: () => call(side, 'down') }), false),
    compared('up', 'up-again', () => ({}), true),
    compared('run', 'run', () => ({}), true),
    compared('down', 'down', (side) => ({ prepare: () => call(side, 'up') }), false),
  ];
}

function words({ lab, folder }: Side, verb: string): string[] {
  return [lab, '-f', join(folder, 'lab.yaml'), verb];
}

function call(side: Side, verb: string): void {
  const [file, ...args] = words(side, verb);
  execFileSync(file!, args, { stdio: 'ignore' });
}

function remove(side: Side): void {
  call(side, 'down');
  rmSync(side.folder, { recursive: true, force: true });
}
