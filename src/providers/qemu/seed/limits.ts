import type { Machine } from '../../../lab/types.ts';

type Limits = Pick<Machine, 'processes' | 'openFiles' | 'fileSizeMiB'>;

/** What limits.conf(5) counts the size of files in. */
const KIB_PER_MIB = 1024;

/**
 * Files that set the limits of a machine that its hardware does not. Memory, processors and disk are its hardware;
 * these are kept by its own kernel, for each login and what is started in it, and its root may change them.
 */
export function limitFiles(limits: Limits): { readonly path: string; readonly content: string }[] {
  const lines = limitLines(limits);
  return lines.length === 0 ? [] : [{ path: '/etc/security/limits.d/99-lab.conf', content: lines.join('') }];
}

/** pam_limits(8) sets them at each login; `*` does not stand for root (limits.conf(5)). */
function limitLines({ processes, openFiles, fileSizeMiB }: Limits): string[] {
  const values = [
    ['nproc', processes],
    ['nofile', openFiles],
    ['fsize', fileSizeMiB && fileSizeMiB * KIB_PER_MIB],
  ] as const;
  return values.flatMap(([item, value]) =>
    value === undefined ? [] : ['*', 'root'].map((who) => `${who} - ${item} ${value}\n`),
  );
}

/**
 * The limit of processes for all users together, with root, where systemd keeps them in one slice (user.slice,
 * systemd.special(7)); elsewhere it counts for each account.
 */
export function limitCommands({ processes }: Limits): string[][] {
  const set = `! command -v systemctl >/dev/null || systemctl set-property user.slice TasksMax=${processes}`;
  return processes === undefined ? [] : [['sh', '-c', set]];
}

/** Of a login, by its own kernel (proc(5)). */
export const LIMITS_SCRIPT = 'cat /proc/self/limits';

const rowNames = { processes: 'Max processes', openFiles: 'Max open files', fileSizeMiB: 'Max file size' } as const;
const fieldNames = { processes: 'processes', openFiles: 'open-files', fileSizeMiB: 'file-size' } as const;
const BYTES_PER_MIB = 2 ** 20;

/**
 * The limits that a login of the machine does not have, by their names in the lab file: an image without PAM sets none.
 * `shown` is what `/proc/self/limits` holds there.
 */
export function unkeptLimits(limits: Limits, shown: string): string[] {
  const fields = ['processes', 'openFiles', 'fileSizeMiB'] as const;
  return fields
    .filter((field) => {
      const wanted = limits[field];
      const [, hard] = new RegExp(`^${rowNames[field]} +\\S+ +(\\S+)`, 'm').exec(shown) ?? [];
      // `unlimited` is no number, and so not within.
      const isKept = Number(hard) / (field === 'fileSizeMiB' ? BYTES_PER_MIB : 1) <= (wanted ?? 0);
      return wanted !== undefined && !isKept;
    })
    .map((field) => fieldNames[field]);
}
