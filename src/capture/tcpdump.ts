import { scriptFile } from '../core/files/script-file.ts';
import { EnvironmentError, UsageError, type LabError } from '../core/errors.ts';
import { say } from '../core/language/say.ts';
import { type LinkCapture, type LinkCaptureRequest, tcpdumpOptions } from '../packets/link-capture.ts';
import { signalName } from '../packets/signal-name.ts';
import type { Shell } from '../ssh/shell.ts';

const captureScript = scriptFile(new URL('capture.sh', import.meta.url));

/** Where tcpdump runs, and on what. */
export interface CapturePoint {
  readonly machine: string;
  /** The interface as its user knows it; inside a machine tcpdump says which one it took. */
  readonly interface: string;
  /** pcap-filter(7); empty for everything. */
  readonly filter: string;
  /** At the lab's end of the link, out of reach of the machine. */
  readonly isOutside: boolean;
  /** Where it is captured if that cannot be. */
  readonly instead?: CapturePoint;
  /** Runs it; resolves with its exit status, undefined when that is not known. */
  readonly run: (request: CaptureChannel) => Promise<number | undefined>;
}

type CaptureChannel = Pick<LinkCaptureRequest, 'stopped' | 'signal' | 'onOutput'>;

export interface TcpdumpOptions {
  /** Name of one interface or `any`; several names mean `any`. */
  readonly interfaces: readonly string[];
  /** Take all interfaces where the one that is named does not exist, instead of failing. */
  readonly orAny?: boolean;
  /** pcap-filter(7); empty for everything. */
  readonly filter: string;
}

/** What tcpdump says at its end. */
export interface CaptureCounts {
  readonly captured: number;
  /** Packets for which the kernel had no room. */
  readonly dropped: number;
}

/** One tcpdump that runs. */
export interface Tcpdump {
  readonly machine: string;
  /**
   * Resolves when packets are captured, with the name of the interface.
   *
   * Rejects with `UsageError` (`wrong-filter`) or `EnvironmentError` (`no-tcpdump`, `capture-forbidden`,
   * `capture-failed`).
   */
  readonly listening: Promise<string>;
  /**
   * Resolves when it has ended and everything that it captured was handed over. Rejects as `listening`, or with `ConnectionError`.
   */
  readonly ended: Promise<CaptureCounts>;
  /**
   * Clock of the machine minus ours, in milliseconds, later than the truth by the time that the message took; undefined
   * where the machine does not say.
   */
  readonly clockOffsetMs: number | undefined;
  /** Lets it end; may be called twice. */
  stop(): void;
  /** Ends it by force: what it has not handed over is lost. */
  abandon(): void;
}

/** Inside of a machine, through its Shell, with its own tcpdump. */
export function insideMachine(shell: Shell, { interfaces, filter, orAny }: TcpdumpOptions): CapturePoint {
  const args = [filter, ...(orAny ? ['--or-any'] : []), ...(interfaces.length === 1 ? interfaces : ['any'])];
  return {
    machine: shell.machine,
    interface: interfaces[0] ?? 'any',
    filter,
    isOutside: false,
    run: async ({ stopped, signal, onOutput }) =>
      (
        await shell.exec(
          { script: captureScript(), args: [tcpdumpOptions.join(' '), ...args] },
          { input: endOfInput(stopped), signal, onOutput },
        )
      ).exitCode,
  };
}

/** At the lab's end of a link of a machine. */
export function outsideMachine(
  machine: string,
  capture: LinkCapture,
  { interface: name, filter }: { readonly interface: string; readonly filter: string },
): CapturePoint {
  return {
    machine,
    interface: name,
    filter,
    isOutside: true,
    run: (channel) => capture({ ...channel, interface: name, filter }),
  };
}

/** Captures packets. `onData` gets a pcap file, piece by piece; the next piece waits for its promise. */
export function startTcpdump(point: CapturePoint, onData: (chunk: Uint8Array) => void | Promise<void>): Tcpdump {
  return new RunningTcpdump(point, onData);
}

/** Enough for every message of tcpdump: a machine that talks without end does not fill our memory. UTF-16 units. */
const LONGEST_LINE = 4000;
const LONGEST_TALK = 10_000;

class RunningTcpdump implements Tcpdump {
  readonly machine: string;
  readonly ended: Promise<CaptureCounts>;
  readonly #point: CapturePoint;
  readonly #onData: (chunk: Uint8Array) => void | Promise<void>;
  readonly #listening = Promise.withResolvers<string>();
  readonly #stopped = Promise.withResolvers<void>();
  readonly #abandoned = new AbortController();
  readonly #decoder = new TextDecoder();
  #talk = '';
  #line = '';
  #clockOffsetMs: number | undefined;

  constructor(point: CapturePoint, onData: (chunk: Uint8Array) => void | Promise<void>) {
    this.machine = point.machine;
    this.#point = point;
    this.#onData = onData;
    this.ended = this.#run();
    this.ended.catch((error: unknown) => this.#listening.reject(error));
    this.#listening.promise.catch(() => undefined);
  }

  get listening(): Promise<string> {
    return this.#listening.promise;
  }

  get clockOffsetMs(): number | undefined {
    return this.#clockOffsetMs;
  }

  stop(): void {
    this.#stopped.resolve();
  }

  abandon(): void {
    this.#abandoned.abort(
      new EnvironmentError(say`tcpdump on ${this.machine} did not answer`, { code: 'capture-failed' }),
    );
  }

  async #run(): Promise<CaptureCounts> {
    const exitCode = await this.#point.run({
      stopped: this.#stopped.promise,
      signal: this.#abandoned.signal,
      onOutput: (stream, chunk) => (stream === 'stdout' ? this.#onData(chunk) : this.#hear(chunk)),
    });
    if (exitCode !== 0) throw captureError(this.machine, exitCode, this.#talk.trim());
    // A capture that was stopped before it began.
    this.#listening.resolve(this.#point.interface);
    return countsOf(this.#talk);
  }

  #hear(chunk: Uint8Array): void {
    this.#line += this.#decoder.decode(chunk, { stream: true });
    const lines = this.#line.split('\n').map((line) => line.slice(0, LONGEST_LINE));
    this.#line = lines.pop() ?? '';
    for (const line of lines) this.#hearLine(line);
  }

  #hearLine(line: string): void {
    const clock = /^lab-clock (\d+\.\d+)$/.exec(line);
    if (clock) this.#clockOffsetMs ??= Number(clock[1]) * 1000 - Date.now();
    const listening = /listening on ([^,\s]+)/.exec(line);
    // Outside the device has a name that its user does not know.
    if (listening) this.#listening.resolve(this.#point.isOutside ? this.#point.interface : listening[1]!);
    else if (!line.startsWith('lab-clock') && this.#talk.length < LONGEST_TALK) this.#talk += `${line}\n`;
  }
}

/** Input that has nothing, and ends when the promise resolves. */
function endOfInput(stopped: Promise<void>): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => ({ next: () => stopped.then(() => ({ done: true, value: undefined })) }) };
}

function countsOf(talk: string): CaptureCounts {
  const count = (what: RegExp): number => Number(what.exec(talk)?.[1] ?? 0);
  return { captured: count(/(\d+) packets? captured/), dropped: count(/(\d+) packets? dropped by kernel/) };
}

/** Words of libpcap about a filter (gencode.c, grammar.y). */
const WRONG_FILTER =
  /syntax error|filter expression|unknown|expected|invalid|illegal|modifier|not supported for|aid supported|ether|qualifier/i;

/** What tcpdump says, as an error of the kind that tells who can fix it. */
function captureError(machine: string, exitCode: number | undefined, talk: string): LabError {
  const detail = talk === '' ? undefined : talk;
  if (exitCode === 127) {
    return new EnvironmentError(say`${machine} has no tcpdump`, {
      code: 'no-tcpdump',
      hint: say`Install it there, on Debian and Ubuntu with: lab ssh ${machine} sudo apt-get install tcpdump`,
    });
  }
  if (/permission|permitted|password is required|not allowed|sudo: not found|not in the sudoers/i.test(talk)) {
    return new EnvironmentError(say`tcpdump may not capture on ${machine}`, {
      code: 'capture-forbidden',
      detail,
      hint: say`Allow it there once: sudo setcap cap_net_raw,cap_net_admin+eip "$(command -v tcpdump)"; or let the account use sudo without a password.`,
    });
  }
  const signal = exitCode === undefined ? say`a signal` : signalName(exitCode);
  if (signal !== undefined)
    return new EnvironmentError(say`tcpdump on ${machine} was ended by ${signal}`, { code: 'capture-ended', detail });
  const reason = talk
    .split('\n')
    .findLast((line) => line.startsWith('tcpdump: '))
    ?.slice('tcpdump: '.length);
  if (/no such device|doesn't exist|does not exist|SIOCGIF|isn't up|is not up/i.test(talk)) {
    return new EnvironmentError(say`${machine} cannot capture there: ${reason ?? talk}`, {
      code: 'no-interface',
      hint: say`Its interfaces: lab exec ${machine} -- ip -brief address`,
    });
  }
  if (reason !== undefined && WRONG_FILTER.test(reason)) {
    return new UsageError(say`the filter is wrong: ${reason}`, {
      code: 'wrong-filter',
      hint: say`It is written as in pcap-filter(7), for example: tcp port 7999 and host 192.168.100.5`,
    });
  }
  return new EnvironmentError(say`tcpdump failed on ${machine}: ${reason ?? say`exit status ${exitCode ?? ''}`}`, {
    code: 'capture-failed',
    detail,
  });
}
