import { EnvironmentError } from '../../core/errors.ts';
import { scriptFile } from '../../core/files/script-file.ts';
import { say } from '../../core/language/say.ts';
import { inTime } from '../../core/time/time-limit.ts';
import type { RemoteProcess, Shell } from '../../ssh/shell.ts';

const program = scriptFile(new URL('throughput.pl', import.meta.url));

export interface ThroughputQuestion {
  readonly protocol: 'tcp' | 'udp';
  /** Of the machine that serves. */
  readonly address: string;
  readonly seconds: number;
  /** Of UDP, in bits per second. */
  readonly rate: number;
  /** The machine that serves sends, instead of the one that connects. */
  readonly reverse: boolean;
}

/** What went through, as the receiver saw it. */
export interface Throughput {
  readonly bitsPerSecond: number;
  readonly seconds: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  /** About one second each. */
  readonly intervals: readonly { readonly untilSecond: number; readonly bitsPerSecond: number }[];
  readonly tcp: { readonly resentSegments: number; readonly roundTripMs: number } | undefined;
  readonly udp: DatagramCounts | undefined;
}

export interface DatagramCounts {
  readonly sent: number;
  readonly received: number;
  readonly lost: number;
  readonly misordered: number;
  readonly repeated: number;
  /** RFC 3550, 6.4.1. */
  readonly jitterMs: number;
}

/** Of the data in a datagram: with all headers it is less than 1500 bytes, also in IPv6. */
const DATAGRAM_BYTES = 1400;
const SHORTEST_INTERVAL = 0.2;
/** To begin, to wait for each other and to end. */
const MORE_MS = 30_000;

/**
 * Sends as much as goes through from one machine to another, over a port that is free and is free again afterwards. The
 * programs run as the users of the machines, and end with this call.
 *
 * @throws {EnvironmentError} when nothing gets through, or a machine has no Perl.
 * @throws {ConnectionError} when a machine is lost.
 */
export async function measureThroughput(
  { client, server }: { readonly client: Shell; readonly server: Shell },
  question: ThroughputQuestion,
  signal: AbortSignal,
): Promise<Throughput> {
  const words = (place: string, way: string, port: number): readonly string[] =>
    [place, way, question.protocol, question.address, port, question.seconds, question.rate, DATAGRAM_BYTES].map(
      String,
    );
  const ways = question.reverse ? (['send', 'receive'] as const) : (['receive', 'send'] as const);
  const serving = await Talk.start(server, words('serve', ways[0], 0), signal);
  try {
    const limits = { limitMs: question.seconds * 1000 + MORE_MS, late: tooLate, signal };
    const [port] = await inTime(serving.line('port'), limits);
    const connecting = await Talk.start(client, words('connect', ways[1], port!), signal);
    try {
      const [receiver, sender] = question.reverse ? [connecting, serving] : [serving, connecting];
      const [end, sent] = await inTime(Promise.all([receiver.line('end'), sender.line('sent')]), limits);
      return throughputOf(question, { end, sent, got: receiver.got });
    } finally {
      await connecting.stop();
    }
  } finally {
    await serving.stop();
  }
}

function tooLate(): EnvironmentError {
  return new EnvironmentError(say`the measurement came to no end`, { code: 'iperf-timeout' });
}

interface Counted {
  readonly end: readonly number[];
  readonly sent: readonly number[];
  readonly got: readonly (readonly number[])[];
}

function throughputOf({ protocol }: ThroughputQuestion, { end, sent, got }: Counted): Throughput {
  const [seconds = 0, receivedBytes = 0, received = 0, misordered = 0, repeated = 0, jitter = 0] = end;
  const [, sentBytes = 0, datagrams = 0, resentSegments = 0, roundTrip = 0] = sent;
  // What came after the last whole second is one of its own only where it says something.
  const whole = got.filter(([at = 0]) => at < seconds - SHORTEST_INTERVAL);
  const marks = seconds > 0 ? [...whole, [seconds, receivedBytes]] : [];
  return {
    bitsPerSecond: rateOf(receivedBytes, seconds),
    seconds,
    receivedBytes,
    sentBytes,
    intervals: marks.map(([at = 0, bytes = 0], index) => {
      const [since = 0, before = 0] = marks[index - 1] ?? [];
      return { untilSecond: at, bitsPerSecond: rateOf(bytes - before, at - since) };
    }),
    tcp: protocol === 'tcp' ? { resentSegments, roundTripMs: roundTrip / 1000 } : undefined,
    udp:
      protocol === 'udp'
        ? { sent: datagrams, received, lost: datagrams - received, misordered, repeated, jitterMs: jitter / 1000 }
        : undefined,
  };
}

function rateOf(bytes: number, seconds: number): number {
  return seconds > 0 ? Math.round((bytes * 8) / seconds) : 0;
}

/** One of the two programs, by its lines. */
class Talk {
  readonly got: number[][] = [];
  readonly #machine: string;
  readonly #process: RemoteProcess;
  readonly #lines = new Map<string, PromiseWithResolvers<readonly number[]>>();
  readonly #over: Promise<void>;

  static async start(shell: Shell, words: readonly string[], signal: AbortSignal): Promise<Talk> {
    return new Talk(shell.machine, await shell.start(['perl', '-e', program(), ...words], { signal }));
  }

  private constructor(machine: string, process: RemoteProcess) {
    this.#machine = machine;
    this.#process = process;
    for (const word of ['port', 'end', 'sent']) {
      const line = Promise.withResolvers<readonly number[]>();
      line.promise.catch(() => undefined);
      this.#lines.set(word, line);
    }
    this.#over = this.#listen();
  }

  /** The numbers of the line that begins with this word. */
  line(word: 'port' | 'end' | 'sent'): Promise<readonly number[]> {
    return this.#lines.get(word)!.promise;
  }

  async stop(): Promise<void> {
    this.#process.end();
    await this.#process.kill('KILL').catch(() => undefined);
    await this.#over;
  }

  async #listen(): Promise<void> {
    const errors = textOf(this.#process.errors);
    let heard = '';
    try {
      for await (const chunk of this.#process.output) {
        const lines = (heard + Buffer.from(chunk).toString('utf8')).split('\n');
        heard = lines.pop() ?? '';
        for (const line of lines) this.#take(line);
      }
      const { exitCode } = await this.#process.exit;
      this.#fail(exitCode === 127 ? say`Perl is missing there` : (await errors).trim());
    } catch (error) {
      for (const { reject } of this.#lines.values()) reject(error);
    }
  }

  #take(text: string): void {
    const [word = '', ...rest] = text.split(' ');
    if (word === 'failed') return this.#fail(rest.join(' '));
    if (word === 'got') return void this.got.push(rest.map(Number));
    return this.#lines.get(word)?.resolve(rest.map(Number));
  }

  #fail(words: string): void {
    const message = say`${this.#machine} could not measure: ${words === '' ? say`its program ended early` : words}`;
    const error = new EnvironmentError(message, { code: 'iperf-failed' });
    for (const { reject } of this.#lines.values()) reject(error);
  }
}

async function textOf(output: AsyncIterable<Uint8Array>): Promise<string> {
  let text = '';
  try {
    for await (const chunk of output) text = (text + Buffer.from(chunk).toString('utf8')).slice(-2000);
  } catch {
    // The end of the connection is told by its exit.
  }
  return text;
}
