import type { Readable, Writable } from 'node:stream';
import type { EventSink } from '../core/events.ts';
import type { ProviderRegistry } from '../providers/provider.ts';
import type { Patience } from '../ssh/patience.ts';

/** What every command gets from the command line: where to look, where to report, when to stop. */
export interface CommandContext {
  /** Absolute path of the folder that the user stands in. */
  readonly cwd: string;
  /** Absolute path of the lab file, whether or not it exists. */
  readonly labFile: string;
  /**
   * What the command line says instead of the lab file. `text`: what the file would hold, for a lab that a program
   * describes; then no file is read. `parameters`: their values, in place of defaults.
   */
  readonly overrides: {
    readonly provider?: string;
    readonly name?: string;
    readonly text?: string;
    readonly parameters?: Readonly<Record<string, string>>;
  };
  /** Absolute path of the folder of what lab keeps; default: `.lab` next to the lab file. */
  readonly stateFolder?: string | undefined;
  /** Where machines can come from. */
  readonly providers: ProviderRegistry;
  /** Takes progress and all else that happens; the command line shows it. */
  readonly events: EventSink;
  /** Aborts, with an `InterruptedError` as its reason, when the user wants to stop. */
  readonly signal: AbortSignal;
  readonly terminal: UserTerminal;
  /** Learn the host keys of machines that are not known yet, instead of asking. */
  readonly acceptNewHostKeys?: boolean | undefined;
  /**
   * How long the SSH servers of machines may take to answer; not said on the command line. Default: `defaultPatience`.
   */
  readonly patience?: Patience | undefined;
  /** Get nothing from the network. */
  readonly offline?: boolean | undefined;
}

/** The streams of the user, for commands whose data is a stream: `ssh`, `exec`, `proxy`. All others return a result. */
export interface UserTerminal {
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  /** Asks a question that is answered with yes or no; undefined when there is no terminal to ask on. */
  readonly confirm: ((question: string) => Promise<boolean>) | undefined;
  /**
   * Asks for a line, which is not shown while it is typed unless `visible` is set; undefined when the user gives none.
   */
  readonly answer?:
    ((question: string, options: { readonly visible: boolean }) => Promise<string | undefined>) | undefined;
}
