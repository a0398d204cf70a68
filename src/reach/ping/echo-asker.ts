import { ConnectionError } from '../../core/errors.ts';
import { scriptFile } from '../../core/files/script-file.ts';
import { say } from '../../core/language/say.ts';
import { inTime } from '../../core/time/time-limit.ts';
import type { OutsideProcess, Shell } from '../../ssh/shell.ts';
import { readEcho, type Echo } from './echo.ts';

const program = scriptFile(new URL('ping.pl', import.meta.url));

/** How long one echo may take to come back. */
export const ECHO_WAIT_MS = 1000;
/** An answer takes a second and a bit; this is for a machine that hangs. */
const ANSWER_MS = 20_000;

/** Asks from one machine. */
export interface EchoAsker {
  /** Echoes of one address; one question for an address at a time. @throws {ConnectionError} when the machine is lost. */
  ask(address: string, count: number): Promise<Echo>;
  /** Of these addresses the machine remembers what it knew before, and no more. */
  forget(addresses: readonly string[]): void;
  close(): void;
}

type Process = Pick<OutsideProcess, 'output' | 'write' | 'end'> & { readonly stop: () => void };

/**
 * A process in the network of the machine that asks for as many echoes at once as it is told to: from outside where the
 * machine is seen from there, else by its user. Undefined where the machine has no Perl, or its user may not ask.
 */
export async function openAsker(shell: Shell): Promise<EchoAsker | undefined> {
  const process = await started(shell);
  const asker = new ResidentAsker(shell.machine, process);
  const isReady = await inTime(asker.ready, { limitMs: ANSWER_MS, late: () => lost(shell.machine) }).catch(() => false);
  if (isReady) return asker;
  asker.close();
  return undefined;
}

async function started(shell: Shell): Promise<Process> {
  const { outside } = shell;
  if (outside !== undefined) {
    const process = await outside.start(program());
    return {
      output: process.output,
      write: (bytes) => process.write(bytes),
      end: () => process.end(),
      stop: () => process.abandon(),
    };
  }
  const process = await shell.start(['perl', '-e', program()]);
  process.exit.catch(() => undefined);
  void drained(process.errors);
  return {
    output: process.output,
    write: (bytes) => process.write(bytes),
    end: () => process.end(),
    stop: () => void process.kill('KILL').catch(() => undefined),
  };
}

async function drained(output: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const _ of output);
  } catch {
    // The end of the connection is the end of this.
  }
}

function lost(machine: string): ConnectionError {
  return new ConnectionError(machine, say`${machine} stopped answering while it asked for echoes`, {
    code: 'ping-lost',
    hint: say`"lab status" shows whether it runs.`,
  });
}

class ResidentAsker implements EchoAsker {
  readonly ready: Promise<boolean>;
  readonly #machine: string;
  readonly #process: Process;
  readonly #waiting = new Map<string, PromiseWithResolvers<Echo>>();
  readonly #begun = Promise.withResolvers<boolean>();
  #requests = '';
  #isOver = false;

  constructor(machine: string, process: Process) {
    this.#machine = machine;
    this.#process = process;
    this.ready = this.#begun.promise;
    void this.#listen();
  }

  async ask(address: string, count: number): Promise<Echo> {
    if (this.#isOver) throw lost(this.#machine);
    const answer = Promise.withResolvers<Echo>();
    this.#waiting.set(address, answer);
    this.#request(`ping ${count} ${ECHO_WAIT_MS} ${address}\n`);
    return inTime(answer.promise, { limitMs: ANSWER_MS + count * ECHO_WAIT_MS, late: () => lost(this.#machine) });
  }

  forget(addresses: readonly string[]): void {
    this.#request(`forget ${addresses.join(' ')}\n`);
  }

  close(): void {
    this.#isOver = true;
    this.#process.stop();
  }

  /** What is asked for at one moment goes out together. */
  #request(line: string): void {
    if (this.#requests === '')
      queueMicrotask(() => {
        const requests = this.#requests;
        this.#requests = '';
        if (!this.#isOver) this.#process.write(requests).catch(() => undefined);
      });
    this.#requests += line;
  }

  async #listen(): Promise<void> {
    let heard = '';
    try {
      for await (const chunk of this.#process.output) {
        const lines = (heard + Buffer.from(chunk).toString('latin1')).split('\n');
        heard = lines.pop() ?? '';
        for (const line of lines) this.#take(line);
      }
    } catch {
      // The end of the connection is the end of this.
    }
    this.#isOver = true;
    this.#begun.resolve(false);
    for (const { reject } of this.#waiting.values()) reject(lost(this.#machine));
  }

  #take(line: string): void {
    if (line === 'ready') return this.#begun.resolve(true);
    if (line.startsWith('cannot ')) return this.#begun.resolve(false);
    const echo = readEcho(line);
    this.#waiting.get(echo.address)?.resolve(echo);
    return void this.#waiting.delete(echo.address);
  }
}
