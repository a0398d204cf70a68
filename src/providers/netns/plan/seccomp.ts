import { syscallNumbers } from './syscalls.ts';

/**
 * The filter of system calls that all processes of a machine live under (seccomp(2)), as container engines have one:
 * what of the kernel no machine needs, and what is not kept apart by namespaces, is refused with EPERM, for root of the
 * machine as well.
 */
interface Table {
  /** AUDIT_ARCH_* (include/uapi/linux/audit.h). */
  readonly audit: number;
  readonly clone: number;
  readonly unshare: number;
  readonly socket: number;
  readonly ioctl: number;
  /** Its flags lie in memory, where no filter can see them; the C library goes back to clone(2) for ENOSYS. */
  readonly clone3: number;
  /** Numbers from this one on belong to another calling convention (x32). */
  readonly foreignFrom: number | undefined;
  readonly denied: Readonly<Record<string, number>>;
  /** Calls that give a file or a process to another account. */
  readonly identity: Readonly<Record<string, number>>;
}

/** The same on every architecture whose table is as new as they are. */
const common = {
  open_tree: 428,
  move_mount: 429,
  fsopen: 430,
  fsconfig: 431,
  fsmount: 432,
  fspick: 433,
  mount_setattr: 442,
  open_tree_attr: 467,
  io_uring_setup: 425,
  io_uring_enter: 426,
  io_uring_register: 427,
  quotactl_fd: 443,
  set_mempolicy_home_node: 450,
};

/** arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h */
const tables: Readonly<Record<string, Table>> = {
  x64: {
    audit: 0xc000_003e,
    clone: 56,
    unshare: 272,
    socket: 41,
    ioctl: 16,
    clone3: 435,
    foreignFrom: 0x4000_0000,
    denied: {
      ...common,
      mount: 165,
      umount2: 166,
      pivot_root: 155,
      kexec_load: 246,
      kexec_file_load: 320,
      init_module: 175,
      finit_module: 313,
      delete_module: 176,
      reboot: 169,
      swapon: 167,
      swapoff: 168,
      acct: 163,
      quotactl: 179,
      add_key: 248,
      request_key: 249,
      keyctl: 250,
      bpf: 321,
      perf_event_open: 298,
      userfaultfd: 323,
      open_by_handle_at: 304,
      name_to_handle_at: 303,
      lookup_dcookie: 212,
      setns: 308,
      fanotify_init: 300,
      migrate_pages: 256,
      move_pages: 279,
      mbind: 237,
      set_mempolicy: 238,
      get_mempolicy: 239,
      iopl: 172,
      ioperm: 173,
      clock_settime: 227,
      settimeofday: 164,
      vhangup: 153,
      syslog: 103,
      sysctl: 156,
      nfsservctl: 180,
      uselib: 134,
      ustat: 136,
      sysfs: 139,
    },
    identity: {
      chown: 92,
      fchown: 93,
      lchown: 94,
      fchownat: 260,
      setuid: 105,
      setgid: 106,
      setreuid: 113,
      setregid: 114,
      setgroups: 116,
      setresuid: 117,
      setresgid: 119,
      setfsuid: 122,
      setfsgid: 123,
    },
  },
  arm64: {
    audit: 0xc000_00b7,
    clone: 220,
    unshare: 97,
    socket: 198,
    ioctl: 29,
    clone3: 435,
    foreignFrom: undefined,
    denied: {
      ...common,
      mount: 40,
      umount2: 39,
      pivot_root: 41,
      kexec_load: 104,
      kexec_file_load: 294,
      init_module: 105,
      finit_module: 273,
      delete_module: 106,
      reboot: 142,
      swapon: 224,
      swapoff: 225,
      acct: 89,
      quotactl: 60,
      add_key: 217,
      request_key: 218,
      keyctl: 219,
      bpf: 280,
      perf_event_open: 241,
      userfaultfd: 282,
      open_by_handle_at: 265,
      name_to_handle_at: 264,
      lookup_dcookie: 18,
      setns: 268,
      fanotify_init: 262,
      migrate_pages: 238,
      move_pages: 239,
      mbind: 235,
      set_mempolicy: 237,
      get_mempolicy: 236,
      clock_settime: 112,
      settimeofday: 170,
      vhangup: 58,
      syslog: 116,
      nfsservctl: 42,
    },
    identity: {
      fchownat: 54,
      fchown: 55,
      setregid: 143,
      setgid: 144,
      setreuid: 145,
      setuid: 146,
      setresuid: 147,
      setresgid: 149,
      setfsuid: 151,
      setfsgid: 152,
      setgroups: 159,
    },
  },
};

/**
 * CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET (clone(2)): in a namespace of its own every account
 * is root, and may mount.
 */
const NEW_NAMESPACES = 0x7e02_0000;
/** CLONE_NEWTIME, which only unshare(2) takes: the byte is the signal number of clone(2). */
const NEW_TIME = 0x80;
/**
 * Unix, IPv4, IPv6, packet, CAN, and netlink (address_families(7)). Others, such as AF_VSOCK, lead past the network of the
 * machine, or load a module for whoever asks.
 */
const families = [1, 2, 10, 17, 29];
const NETLINK = 16;
/**
 * The kernel takes no records for its audit log from a machine. It says so only when one is sent; by then sshd(8) has
 * asked a name server for the client's name, and sudo(8) complains. Where there is no audit, both go without.
 */
const NETLINK_AUDIT = 9;
/** TIOCSTI types into another's terminal, TIOCLINUX pastes there (ioctl_tty(2)). */
const typingIoctls = [0x5412, 0x541c];

/** struct seccomp_data: number of the call, architecture, and the lower halves of its first three arguments. */
const field = { number: 0, architecture: 4, first: 16, second: 24, third: 32 } as const;
/** Codes of classic BPF (include/uapi/linux/bpf_common.h). */
const code = { load: 0x20, equal: 0x15, atLeast: 0x35, anyBit: 0x45, answer: 0x06 } as const;
const ALLOW = 0x7fff_0000;
const errno = (number: number): number => 0x0005_0000 | number;
/** The call is not made, and says that it was. */
const done = errno(0);
const refusal = { EPERM: errno(1), ENOSYS: errno(38), EPROTONOSUPPORT: errno(93), EAFNOSUPPORT: errno(97) } as const;

/** struct sock_filter: code, instructions to jump over if the test holds, and if not, and the operand. */
type Instruction = readonly [code: number, holds: number, fails: number, operand: number];

const load = (offset: number): Instruction => [code.load, 0, 0, offset];
const answer = (value: number): Instruction => [code.answer, 0, 0, value];
/** The answer where the test holds, or else on to what follows. */
const where = (test: number, operand: number, value: number): Instruction[] => [[test, 0, 1, operand], answer(value)];
/** A block for one value of what was loaded, such as one call; it ends with an answer. */
const forValue = (value: number, block: readonly Instruction[]): Instruction[] => [
  [code.equal, 0, block.length, value],
  ...block,
];

/**
 * The program for an architecture by Node's name of it, as hexadecimal bytes in the order of a little-endian machine;
 * undefined for one that is not known.
 */
export function systemCallFilter(architecture: string): string | undefined {
  const table = tables[architecture];
  return table && encode(programOf(table));
}

/** Refuses sched_setaffinity(2), on top of the other filter: for machines whose processors are counted by it. */
export function fixedProcessorsFilter(architecture: string): string {
  const number = syscallNumbers[architecture]?.['sched_setaffinity'] ?? 0;
  return encode([load(field.number), ...where(code.equal, number, refusal.EPERM), answer(ALLOW)]);
}

/**
 * For user namespaces in which only root is mapped (user_namespaces(7)): there every change of an account or an owner
 * fails, and sshd(8), tcpdump(8) and others end at that. With it they succeed and change nothing. Of two filters
 * on a process the one that refuses counts, and of two that refuse the later one (seccomp(2)). As `systemCallFilter`.
 */
export function identityFilter(architecture: string): string | undefined {
  const table = tables[architecture];
  return (
    table &&
    encode([
      load(field.architecture),
      [code.equal, 1, 0, table.audit],
      answer(ALLOW),
      load(field.number),
      ...Object.values(table.identity).flatMap((number) => where(code.equal, number, done)),
      answer(ALLOW),
    ])
  );
}

function programOf(table: Table): Instruction[] {
  return [
    load(field.architecture),
    [code.equal, 1, 0, table.audit],
    answer(refusal.ENOSYS),
    load(field.number),
    ...(table.foreignFrom === undefined ? [] : where(code.atLeast, table.foreignFrom, refusal.ENOSYS)),
    ...where(code.equal, table.clone3, refusal.ENOSYS),
    ...Object.values(table.denied).flatMap((number) => where(code.equal, number, refusal.EPERM)),
    ...forValue(table.clone, [load(field.first), ...where(code.anyBit, NEW_NAMESPACES, refusal.EPERM), answer(ALLOW)]),
    ...forValue(table.unshare, [
      load(field.first),
      ...where(code.anyBit, NEW_NAMESPACES | NEW_TIME, refusal.EPERM),
      answer(ALLOW),
    ]),
    ...forValue(table.socket, [
      load(field.first),
      ...forValue(NETLINK, [
        load(field.third),
        ...where(code.equal, NETLINK_AUDIT, refusal.EPROTONOSUPPORT),
        answer(ALLOW),
      ]),
      ...families.flatMap((family) => where(code.equal, family, ALLOW)),
      answer(refusal.EAFNOSUPPORT),
    ]),
    ...forValue(table.ioctl, [
      load(field.second),
      ...typingIoctls.flatMap((request) => where(code.equal, request, refusal.EPERM)),
      answer(ALLOW),
    ]),
    answer(ALLOW),
  ];
}

function encode(program: readonly Instruction[]): string {
  const bytes = Buffer.alloc(program.length * 8);
  for (const [index, [operation, holds, fails, operand]] of program.entries()) {
    bytes.writeUInt16LE(operation, index * 8);
    bytes.writeUInt8(holds, index * 8 + 2);
    bytes.writeUInt8(fails, index * 8 + 3);
    bytes.writeUInt32LE(operand >>> 0, index * 8 + 4);
  }
  return bytes.toString('hex');
}
