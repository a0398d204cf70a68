import { say } from '../core/language/say.ts';
import { sayBinarySize } from '../core/language/amounts.ts';
import type { OutsideLook } from './host-look.ts';
import type { InsideFacts } from './probe-facts.ts';
import { hostWall as wall, inWords, type Wall } from './wall-report.ts';

/** What a machine can use up, as the kernel that counts it says. */
export function limitWalls(inside: InsideFacts, outside: OutsideLook, isKernelOfHost: boolean): Wall[] {
  return isKernelOfHost ? [countWall(inside), memoryWall(outside)] : [ownWall(inside)];
}

function countWall({ limits, disks }: InsideFacts): Wall {
  const [processes, files, size] = ['Max processes', 'Max open files', 'Max file size'].map((name) => limits.get(name));
  const disk = disks.get('/');
  if (processes === undefined || disk === undefined)
    return wall(
      'limits',
      'open',
      say`${inWords([...(processes === undefined ? [say`processes`] : []), ...(disk === undefined ? [say`disk`] : [])])}: no limit`,
    );
  const kept = [
    say`${processes} processes`,
    ...(files === undefined ? [] : [say`${files} open files of a process`]),
    ...(size === undefined ? [] : [say`files of ${sayBinarySize(size)}`]),
    say`a disk of ${sayBinarySize(disk * 1024)}`,
  ];
  return wall('limits', 'holds', say`at most ${inWords(kept)}`);
}

function memoryWall({ memoryBytes }: OutsideLook): Wall {
  return memoryBytes === undefined
    ? wall('memory', 'unknown', say`no control group of this host limits it; whether lab itself does, "lab up" says`)
    : wall(
        'memory',
        'holds',
        say`at most ${sayBinarySize(memoryBytes)}, files in memory included (control group of this host)`,
      );
}

/** A machine with a kernel of its own has no more than that counts. */
function ownWall({ disks, memoryKiB, processors }: InsideFacts): Wall {
  const disk = disks.get('/');
  const kept = [
    ...(memoryKiB === undefined ? [] : [say`${sayBinarySize(memoryKiB * 1024)} of memory`]),
    ...(processors === undefined ? [] : [processors === 1 ? say`one processor` : say`${processors} processors`]),
    ...(disk === undefined ? [] : [say`a disk of ${sayBinarySize(disk * 1024)}`]),
  ];
  return kept.length === 0
    ? wall('limits', 'unknown', say`it does not tell what it has`)
    : wall('limits', 'holds', say`it has ${inWords(kept)}`);
}
