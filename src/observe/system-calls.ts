/** What a system call in which a thread sleeps means for what its program waits for. */
export type CallKind =
  | 'read'
  | 'write'
  | 'receive'
  | 'send'
  | 'accept'
  | 'connect'
  | 'poll'
  | 'select'
  | 'epoll'
  | 'sleep'
  | 'child'
  | 'lock'
  | 'signal'
  | 'file'
  | 'ioctl';

/** Numbers of system calls by architecture (Linux: arch/x86/entry/syscalls/syscall_64.tbl, asm-generic/unistd.h). */
const numbers: Readonly<Record<string, Readonly<Record<CallKind, readonly number[]>>>> = {
  x86_64: {
    read: [0, 17, 19],
    write: [1, 18, 20],
    receive: [45, 47, 299],
    send: [44, 46, 307, 40],
    accept: [43, 288],
    connect: [42],
    poll: [7, 271],
    select: [23, 270],
    epoll: [232, 281, 441],
    sleep: [35, 230],
    child: [61, 247],
    lock: [202, 73, 72, 449],
    signal: [34, 128, 130],
    file: [2, 257],
    ioctl: [16],
  },
  aarch64: {
    read: [63, 65, 67],
    write: [64, 66, 68],
    receive: [207, 212, 243],
    send: [206, 211, 269, 71],
    accept: [202, 242],
    connect: [203],
    poll: [73],
    select: [72],
    epoll: [22, 441],
    sleep: [101, 115],
    child: [260, 95],
    lock: [98, 25, 32, 449],
    signal: [133, 137],
    file: [56],
    ioctl: [29],
  },
};

const kinds: Readonly<Record<string, ReadonlyMap<number, CallKind>>> = Object.fromEntries(
  Object.entries(numbers).map(([arch, table]) => [
    arch,
    new Map(Object.entries(table).flatMap(([kind, calls]) => calls.map((call) => [call, kind as CallKind] as const))),
  ]),
);

/** Undefined for a call, or an architecture, of which nothing is known. */
export function callKind(arch: string, number: number): CallKind | undefined {
  return kinds[arch]?.get(number);
}
