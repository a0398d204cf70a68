import type { CpResult } from '../../../commands/machines/cp.ts';
import { sayBytes } from '../../../core/language/amounts.ts';
import { counted, say } from '../../../core/language/say.ts';
import { defineCommand } from '../../command/define-command.ts';
import { required } from '../../command/parameters.ts';
import { machinePath } from '../../command/value-types.ts';
import { outcome } from '../../outcome.ts';

export const cpCommand = defineCommand({
  name: 'cp',
  group: 'machines',
  needsLab: true,
  summary: say`copy a file or a folder to, from or between machines`,
  details: [
    say`A path on a machine is written machine:path; a relative one starts at the home folder.`,
    say`Into a folder that is there, or a path that ends in "/", the copy keeps its name.`,
    say`Folders are copied with what is in them; links are followed.`,
    say`Each file appears whole or not at all.`,
    say`What cannot be copied (unreadable, a device, a link that leads nowhere) is named with its reason, the rest is copied, and the exit status is 3; the same command again goes on with what is missing.`,
  ].join(' '),
  arguments: {
    source: required(machinePath, say`path here, or machine:path`),
    target: required(machinePath, say`path here, or machine:path`),
  },
  alsoCalled: ['copy', 'scp', 'put', 'get', 'push', 'pull', 'upload', 'download', 'rsync'],
  otherOptions: () =>
    Object.fromEntries(
      ['-r', '-R', '-a', '--recursive', '--archive'].map((option) => [
        option,
        say`Leave it out: a folder is copied with what is in it.`,
      ]),
    ),
  examples: [
    { words: 'cp server.py vm1:', does: say`into the home folder` },
    { words: 'cp vm1:/var/log ./vm1-log', does: say`a folder to here` },
  ],
  run: async ({ context, arguments: { source, target } }) => {
    const { cp } = await import('../../../commands/machines/cp.ts');
    const result = await cp(context, source, target);
    return outcome(result, formatCp(result));
  },
});

function formatCp({ files, bytes, target, unchanged = 0 }: CpResult): string {
  const copied = say`Copied ${counted(files, 'file')} (${sayBytes(bytes)}) to ${target}`;
  if (unchanged === 0) return `${copied}\n`;
  const there =
    unchanged === 1
      ? say`${counted(unchanged, 'file')} was there already`
      : say`${counted(unchanged, 'file')} were there already`;
  return say`${copied}; ${there}\n`;
}
