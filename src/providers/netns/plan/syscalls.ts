/**
 * System call numbers that the executor uses, by Node's name of the architecture (Linux:
 * arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h).
 */
export const syscallNumbers: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  x64: {
    clone: 56,
    capget: 125,
    capset: 126,
    pivot_root: 155,
    prctl: 157,
    mount: 165,
    umount2: 166,
    sethostname: 170,
    setxattr: 188,
    mknodat: 259,
    unshare: 272,
    fstatfs: 138,
    sched_setaffinity: 203,
    prlimit64: 302,
    signalfd4: 289,
    pidfd_send_signal: 424,
    setns: 308,
    seccomp: 317,
    open_tree: 428,
    move_mount: 429,
    mount_setattr: 442,
  },
  arm64: {
    clone: 220,
    capget: 90,
    capset: 91,
    pivot_root: 41,
    prctl: 167,
    mount: 40,
    umount2: 39,
    sethostname: 161,
    setxattr: 5,
    mknodat: 33,
    unshare: 97,
    fstatfs: 44,
    sched_setaffinity: 122,
    prlimit64: 261,
    signalfd4: 74,
    pidfd_send_signal: 424,
    setns: 268,
    seccomp: 277,
    open_tree: 428,
    move_mount: 429,
    mount_setattr: 442,
  },
};

/** Flags of mount(2) and, for the first four, attributes of mount_setattr(2) (include/uapi/linux/mount.h). */
export const MountFlag = {
  readOnly: 1,
  noSuid: 2,
  noDev: 4,
  noExec: 8,
  remount: 32,
  bind: 4096,
  recursive: 16384,
  private: 1 << 18,
} as const;

/** Capabilities by number (capabilities(7), include/uapi/linux/capability.h). */
export const Capability = {
  chown: 0,
  dacOverride: 1,
  dacReadSearch: 2,
  fowner: 3,
  fsetid: 4,
  kill: 5,
  setgid: 6,
  setuid: 7,
  setpcap: 8,
  netBindService: 10,
  netBroadcast: 11,
  netAdmin: 12,
  netRaw: 13,
  ipcLock: 14,
  sysChroot: 18,
  sysPtrace: 19,
  sysNice: 23,
  sysResource: 24,
  auditWrite: 29,
  setfcap: 31,
} as const;

/** Resources of getrlimit(2) by number (include/uapi/asm-generic/resource.h). */
export const Resource = { fileSize: 1, core: 4, processes: 6, openFiles: 7 } as const;
