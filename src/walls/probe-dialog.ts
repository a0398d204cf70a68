import { scriptFile } from '../core/files/script-file.ts';
import { messageOf } from '../core/errors.ts';
import { say } from '../core/language/say.ts';
import type { Shell } from '../ssh/shell.ts';
import { probeLines, type ProbeLines } from './probe-facts.ts';

const startScript = scriptFile(new URL('walls-probe.sh', import.meta.url));
const probeProgram = scriptFile(new URL('walls-probe.pl', import.meta.url));

/** The probe itself gives up after 60 s. */
const PROBE_TIMEOUT_MS = 70_000;
/** Bytes; a probe says some three thousand. */
const MOST_SAID = 256 * 1024;
const HELD = '\nheld\n';
const ANSWERED = '\nanswered\n';

/** A question of walls-probe.pl; fields without tabs and line ends. */
export type ProbeQuestion =
  | readonly ['mark', machine: string, mark: string]
  | readonly ['path', path: string]
  | readonly ['connect', address: string, port: string]
  | readonly ['echo', machine: string, address: string];

/** A process that tries the walls of one machine, and stands still between two words. */
export interface ProbeDialog {
  /** Why there is none; undefined while it answers. */
  readonly silence: string | undefined;
  /** What it found by itself, when it has its marks made; undefined when it ended before. */
  readonly held: Promise<ProbeLines | undefined>;
  /** To be asked once. */
  ask(questions: readonly ProbeQuestion[]): Promise<ProbeLines | undefined>;
  /** Its marks go away; to be called in any case. */
  close(): Promise<void>;
}

export interface ProbeRequest {
  /** A word of letters and digits that nothing else on either side has. */
  readonly mark: string;
  /** Boot ID of this host: a machine of another kernel has little to try. */
  readonly bootId: string;
  readonly signal: AbortSignal;
}

/** Starts the probe on a machine. */
export function openProbe(shell: Shell, { mark, bootId, signal }: ProbeRequest): ProbeDialog {
  const said = new Said();
  const input = new Input(`${probeProgram()}\n__END__\n`);
  let silence: string | undefined;
  const ended = shell
    .exec(
      { script: startScript(), args: [mark, bootId] },
      {
        input,
        signal,
        timeoutMs: PROBE_TIMEOUT_MS,
        endsByItself: true,
        onOutput: (stream, chunk) => said.take(stream === 'stdout' ? chunk : undefined),
      },
    )
    .then(
      () => (silence ??= said.text.startsWith('no-perl') ? say`it has no Perl to try them with` : undefined),
      (error: unknown) => (silence ??= messageOf(error)),
    )
    .finally(() => said.end());
  return {
    get silence() {
      return silence;
    },
    held: said.until(HELD),
    async ask(questions) {
      input.push(`${[...questions, ['go']].map((fields) => fields.join('\t')).join('\n')}\n`);
      return said.until(ANSWERED);
    },
    async close() {
      input.end();
      await ended;
    },
  };
}

/** Output as it comes, and who waits for a word of it. */
class Said {
  text = '';
  #hasEnded = false;
  readonly #decoder = new TextDecoder();
  #wake = Promise.withResolvers<void>();

  take(chunk: Uint8Array | undefined): void {
    if (chunk === undefined || this.text.length > MOST_SAID) return;
    this.text += this.#decoder.decode(chunk, { stream: true });
    this.#changed();
  }

  end(): void {
    this.#hasEnded = true;
    this.#changed();
  }

  /** All before that word; undefined when the output ends without it. */
  async until(word: string): Promise<ProbeLines | undefined> {
    while (!this.#hasEnded && !this.text.includes(word)) await this.#wake.promise;
    const at = this.text.indexOf(word);
    return at === -1 ? undefined : probeLines(this.text.slice(0, at));
  }

  #changed(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }
}

/** Standard input that is written while the process runs. */
class Input implements AsyncIterable<Uint8Array> {
  #waiting: string[];
  #hasEnded = false;
  #wake = Promise.withResolvers<void>();

  constructor(first: string) {
    this.#waiting = [first];
  }

  push(text: string): void {
    this.#waiting.push(text);
    this.#changed();
  }

  end(): void {
    this.#hasEnded = true;
    this.#changed();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      while (this.#waiting.length > 0) yield Buffer.from(this.#waiting.shift()!);
      if (this.#hasEnded) return;
      await this.#wake.promise;
    }
  }

  #changed(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }
}
