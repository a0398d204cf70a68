import type { ProgramLook } from '../../core/program-look.ts';

/** What is known of a program that may ask for a line. */
export interface LineSigns {
  /** Undefined where its machine does not show it. */
  readonly look: ProgramLook | undefined;
  /**
   * `none`: it has no prompt in the lab file. `shown`: its output ends with the prompt. `overrun`: it did, and something
   * else was printed behind it; nothing was typed since.
   */
  readonly prompt: 'none' | 'shown' | 'overrun' | 'missing';
  /** Milliseconds since it printed last, and since somebody began to wait for its question. */
  readonly quietMs: number;
  readonly waitedMs: number;
}

/** Output that was quiet for so long ends where it ends. */
const QUIET_MS = 25;
/** A program that does not sit in a call to read (it looks at its keyboard now and then) is typed at after this time. */
const PATIENCE_MS = 2000;

/**
 * Whether a program waits for a line: the one definition for plays, recordings, and users at keyboards. It does when one
 * of its processes sits in a call that reads its terminal, all that was typed has been read, and its prompt, if it has
 * one, stands where its output ends. Where the machine does not show that, the prompt alone tells, and without a prompt
 * it is taken for granted.
 */
export function asksForLine({ look, prompt, quietMs, waitedMs }: LineSigns): boolean {
  const isQuiet = quietMs >= QUIET_MS;
  if (look === undefined) return prompt === 'none' || (prompt !== 'missing' && isQuiet);
  if (look.waits.includes('keyboard')) return prompt !== 'missing' && look.typedUnread === 0;
  if (waitedMs < PATIENCE_MS || !isQuiet) return false;
  // A line can be typed ahead at any program; one that has a prompt is not typed at while it waits for something else.
  return prompt === 'none' || (prompt === 'shown' && look.waits.every((wait) => wait === 'sleep' || wait === 'busy'));
}

/**
 * Whether a program takes single keys: its terminal gives them, or it waits for a line, which they become a part of.
 * Before, they may get lost: a program that asks for single keys mostly drops what was typed until then (TCSAFLUSH).
 */
export function takesKeys(look: ProgramLook | undefined, waitedMs: number): boolean {
  return look === undefined || look.entry === 'keys' || look.waits.includes('keyboard') || waitedMs >= PATIENCE_MS;
}

/**
 * Whether a prompt that is only waited for, and not answered, stands there: also that of a program which never reads its
 * keyboard, as a receiver says that it is ready.
 */
export function showsPrompt(signs: LineSigns): boolean {
  const { look, prompt, quietMs } = signs;
  const waitsElsewhere = look !== undefined && look.waits.length > 0;
  return asksForLine(signs) || (prompt === 'shown' && quietMs >= QUIET_MS && waitsElsewhere);
}
