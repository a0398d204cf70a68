import { formatBinarySize } from '../core/text/amounts.ts';
import type { HostLook } from './host-look.ts';
import type { InsideFacts } from './probe-facts.ts';
import { hostWall as wall, inWords, type Wall } from './wall-report.ts';

/** What a machine can use up. */
export function limitWalls(inside: InsideFacts, host: HostLook): Wall[] {
  const { limits, disks, memoryKiB, processors, bootId } = inside;
  const hasKernel = bootId !== host.bootId;
  const [processes, files, size] = ['processes', 'open files', 'file size'].map((name) => limits.get(`Max ${name}`));
  const disk = disks.get('/');
  const kept = [
    ...(processes === undefined ? [] : [`${processes} processes`]),
    ...(files === undefined ? [] : [`${files} open files of a process`]),
    ...(size === undefined ? [] : [`files of ${formatBinarySize(size)}`]),
    ...(disk === undefined ? [] : [`a disk of ${formatBinarySize(disk * 1024)}`]),
    ...(hasKernel && memoryKiB !== undefined ? [`${formatBinarySize(memoryKiB * 1024)} of memory`] : []),
    ...(hasKernel && processors !== undefined ? [`${processors} processors`] : []),
  ];
  const isOpen = !hasKernel && (processes === undefined || disk === undefined);
  return [
    wall(
      'limits',
      isOpen ? 'open' : 'holds',
      isOpen ? 'its processes or its disk have no limit' : `at most ${inWords(kept)}`,
    ),
  ];
}
