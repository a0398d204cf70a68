/** What the last words of a program advise, as data; worded in each language with the other advice. */
export type ProgramHint =
  /** Its machine has no such command, but one that does the same. */
  | {
      readonly kind: 'interpreter-missing';
      readonly machine: string;
      readonly command: string;
      readonly instead: string;
    }
  /** This host has it, in a folder that its machine was not shown; `folders` are those to show: `/opt, /usr/local`. */
  | {
      readonly kind: 'hidden-command';
      readonly machine: string;
      readonly command: string;
      /** The folder of it: `/usr/local/bin`. */
      readonly place: string;
      readonly folders: string;
    }
  | { readonly kind: 'windows-line-ends'; readonly file: string }
  /** What it looked for lies in the lab's folder, but is not among its `files`. */
  | { readonly kind: 'file-unsent'; readonly role: string; readonly file: string }
  | {
      readonly kind: 'module-missing';
      readonly language: 'python' | 'node' | 'perl';
      readonly machine: string;
      readonly module: string;
    }
  /** Of Java. */
  | { readonly kind: 'class-missing'; readonly role: string; readonly name: string }
  /** `command`: its first word, if sudo would help; undefined on machines without. */
  | { readonly kind: 'low-port'; readonly port: number; readonly command?: string | undefined }
  | { readonly kind: 'no-display' }
  | { readonly kind: 'python-2' }
  /** Its system sent nothing of a datagram. */
  | { readonly kind: 'datagram-too-long'; readonly role: string }
  | { readonly kind: 'not-executable'; readonly file: string }
  /** It has left its terminal, and a child process of it goes on. */
  | { readonly kind: 'in-background'; readonly role: string; readonly port: number }
  /** The first line of a script asks for a program that its machine does not have; undefined when nobody says which. */
  | {
      readonly kind: 'first-line';
      readonly machine: string;
      readonly file: string;
      readonly interpreter?: string | undefined;
    }
  /**
   * Its machine has no more of that, by the lab file or by default. `amount` as the lab file writes it; undefined: not
   * stated there. `hasEnded`: that is what ended it.
   */
  | {
      readonly kind: 'limit-met';
      readonly role: string;
      readonly machine: string;
      readonly limit: LimitName;
      readonly amount?: string | undefined;
      readonly hasEnded: boolean;
    }
  /** `byte` is hexadecimal: `E9`. */
  | { readonly kind: 'not-utf8'; readonly role: string; readonly byte: string };

/** Fields of a machine in the lab file that bound what its programs take. */
export type LimitName = (typeof limitNames)[number];

export const limitNames = ['memory', 'processes', 'open-files', 'file-size', 'disk'] as const;
