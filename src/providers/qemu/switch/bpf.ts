/**
 * Programs of the BSD packet filter, as tcpdump(8) prints them with `-ddd`: S. McCanne, V. Jacobson, "The BSD Packet
 * Filter", USENIX Winter 1993, section 3.3; bpf(4) of FreeBSD has all instructions.
 */
export type BpfProgram = readonly BpfInstruction[];

/** Code, jump if true, jump if false, and the constant (32 bits, without sign). */
export type BpfInstruction = readonly [code: number, jt: number, jf: number, k: number];

/** Reads what `tcpdump -ddd` prints: the number of instructions, then one in each line. Undefined for anything else. */
export function readProgram(text: string): BpfProgram | undefined {
  const [count = '', ...lines] = text.trim().split('\n');
  const program = lines.map((line) => line.trim().split(/\s+/).map(Number));
  return Number(count) === program.length && isBpfProgram(program) ? program : undefined;
}

/**
 * Whether a value is a program; what its instructions do is not looked at: one that makes no sense accepts no packet.
 */
export function isBpfProgram(value: unknown): value is BpfProgram {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every(
      (line) =>
        Array.isArray(line) &&
        line.length === 4 &&
        line.every((field) => Number.isInteger(field) && field >= 0 && field < 2 ** 32),
    )
  );
}

const SCRATCH_WORDS = 16;

/**
 * Instructions for one packet: a jump may lead back (`protochain`, along the headers of IPv6), and the switch has other
 * work than a program without end.
 */
const MOST_STEPS = 20_000;

interface Registers {
  a: number;
  x: number;
  readonly memory: number[];
}

/**
 * Whether the filter takes a packet. One that reads beyond its end is not taken, as in the kernel, nor one that takes
 * too many steps.
 */
export function accepts(program: BpfProgram, packet: Buffer): boolean {
  const registers: Registers = { a: 0, x: 0, memory: Array.from({ length: SCRATCH_WORDS }, () => 0) };
  let at = 0;
  for (let steps = 0; steps < MOST_STEPS && at >= 0 && at < program.length; steps++, at++) {
    const [code, jt, jf, k] = program[at]!;
    // The lower three bits are the class.
    switch (code & 0x07) {
      case 0x00:
      case 0x01: {
        const loaded = load(code, k, registers, packet);
        if (loaded === undefined) return false;
        if ((code & 0x07) === 0x00) registers.a = loaded;
        else registers.x = loaded;
        break;
      }
      case 0x02:
        registers.memory[k] = registers.a;
        break;
      case 0x03:
        registers.memory[k] = registers.x;
        break;
      case 0x04: {
        const result = compute(code & 0xf0, registers.a, operand(code, k, registers));
        if (result === undefined) return false;
        registers.a = result;
        break;
      }
      case 0x05:
        at += (code & 0xf0) === 0x00 ? k | 0 : holds(code & 0xf0, registers.a, operand(code, k, registers)) ? jt : jf;
        break;
      case 0x06:
        return ((code & 0x18) === 0x10 ? registers.a : k) !== 0;
      default:
        if ((code & 0xf8) === 0x00) registers.x = registers.a;
        else registers.a = registers.x;
    }
  }
  return false;
}

/** Undefined beyond the end of the packet, and for a mode that there is not. */
function load(code: number, k: number, { x, memory }: Registers, packet: Buffer): number | undefined {
  switch (code & 0xe0) {
    case 0x00:
      return k;
    case 0x20:
      return read(packet, k, code & 0x18);
    case 0x40:
      return read(packet, x + k, code & 0x18);
    case 0x60:
      return memory[k];
    case 0x80:
      return packet.length;
    // The length of an IPv4 header, from the byte that has it.
    case 0xa0:
      return k < packet.length ? (packet[k]! & 0x0f) * 4 : undefined;
    default:
      return undefined;
  }
}

function read(packet: Buffer, offset: number, size: number): number | undefined {
  const bytes = { 0x00: 4, 0x08: 2, 0x10: 1 }[size];
  return bytes === undefined || offset + bytes > packet.length ? undefined : packet.readUIntBE(offset, bytes);
}

function operand(code: number, k: number, { x }: Registers): number {
  return (code & 0x08) === 0 ? k : x;
}

/** 32 bits without sign. Undefined where there is no result. */
function compute(operation: number, a: number, b: number): number | undefined {
  switch (operation) {
    case 0x00:
      return (a + b) >>> 0;
    case 0x10:
      return (a - b) >>> 0;
    case 0x20:
      return Math.imul(a, b) >>> 0;
    case 0x30:
      return b === 0 ? undefined : Math.floor(a / b);
    case 0x40:
      return (a | b) >>> 0;
    case 0x50:
      return (a & b) >>> 0;
    // A shift by 32 or more leaves nothing; the one of JavaScript would take its lower five bits.
    case 0x60:
      return b > 31 ? 0 : (a << b) >>> 0;
    case 0x70:
      return b > 31 ? 0 : a >>> b;
    case 0x80:
      return -a >>> 0;
    case 0x90:
      return b === 0 ? undefined : a % b;
    case 0xa0:
      return (a ^ b) >>> 0;
    default:
      return undefined;
  }
}

function holds(comparison: number, a: number, b: number): boolean {
  switch (comparison) {
    case 0x10:
      return a === b;
    case 0x20:
      return a > b;
    case 0x30:
      return a >= b;
    default:
      return (a & b) !== 0;
  }
}
