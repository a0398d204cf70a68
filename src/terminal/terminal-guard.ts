import { alternateScreenModes } from './modes.ts';
import type { CsiSequence, VtHandler } from './vt-handler.ts';
import { VtParser } from './vt-parser.ts';

const ESC = '\x1b';
const CSI = `${ESC}[`;
/** No terminal has more rows or columns; a larger number would only keep it busy. */
const LARGEST_NUMBER = 9999;

/** BEL, BS, HT, LF, VT, FF, CR. */
const controls: ReadonlySet<number> = new Set([0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d]);
/** C1 controls that move the cursor, in their 7-bit form: IND, NEL, RI. */
const movingC1: ReadonlyMap<number, string> = new Map([
  [0x84, `${ESC}D`],
  [0x85, `${ESC}E`],
  [0x8d, `${ESC}M`],
]);
/**
 * Control sequences without private or intermediate bytes (ECMA-48, 8.3; xterm's ctlseqs) that pass whatever their
 * numbers are: cursor movement (A-H, a, d, e, f, `), tabs (I, Z), erase (K, X), insert and delete (@, L, M, P), scroll
 * (S), repeat the last character (b).
 */
const passingCsi: ReadonlySet<string> = new Set('@ABCDEFGHIKLMPSXZ`abdef');
/**
 * DEC private modes that pass, by number, and whether they are on in a terminal at rest: application cursor keys,
 * reverse video, wrap, blinking and visible cursor, pasted text in brackets.
 */
const modes: ReadonlyMap<string, boolean> = new Map([
  ['1', false],
  ['5', false],
  ['7', true],
  ['12', false],
  ['25', true],
  ['2004', false],
]);
const SAVE_CURSOR_MODE = '1048';

/**
 * What was changed on the terminal, in the order in which it is put back: the user's own screen first, because it has a
 * cursor of its own.
 */
const changes = ['screen', 'shift', 'g0', 'g1', 'insert', 'keypad', 'margins', ...modes.keys(), 'colors'];

/**
 * Stands between a program and the terminal of a person, and lets through what a program needs to draw on it: text,
 * colours, cursor, erasing, scrolling, the other screen, line drawing, the modes of `modes`. All else is dropped:
 * control strings (title, clipboard, links, pictures, notifications), whatever makes the terminal answer as if the user
 * had typed, mouse and keyboard protocols, window operations, printing, erasing what has scrolled away, characters that
 * are invisible or turn the direction of text.
 *
 * A sequence is passed on when it is whole, as one piece in a form of ours; so a terminal never waits for the rest of
 * one, however it was cut, and a string without end hides no more than one line.
 */
export class TerminalGuard {
  #parser: VtParser;
  #out = '';
  #hasRung = false;
  /** How to undo what was changed. */
  readonly #undo = new Map<string, string>();
  readonly #handler: VtHandler = {
    print: (text) => this.#put(text),
    // Joiners belong to the text of some scripts, and to emoji.
    format: (character) => (character === '\u200c' || character === '\u200d' ? this.#put(character) : undefined),
    control: (code) => this.#control(code),
    csi: (final, parameters) => this.#csi(final, parameters),
    otherCsi: (sequence) => this.#otherCsi(sequence),
    escape: (intermediates, final) => this.#escape(intermediates, final),
  };

  constructor() {
    this.#parser = new VtParser(this.#handler);
  }

  /**
   * What of the next output may go to the terminal. It may be cut anywhere: the whole is the same for every way to cut,
   * but for bells, of which each piece has one at most.
   */
  pass(data: string): string {
    this.#out = '';
    this.#hasRung = false;
    this.#parser.write(data);
    return this.#out;
  }

  /**
   * What puts the terminal in order again after the program: empty when it changed nothing that stays. Forgets a
   * sequence that was not finished.
   */
  restore(): string {
    this.#parser = new VtParser(this.#handler);
    return this.#undone();
  }

  /** The program shows the other screen: what lab wrote there would destroy its picture. */
  get hasOtherScreen(): boolean {
    return this.#undo.has('screen');
  }

  #undone(): string {
    const sequences = changes.flatMap((change) => this.#undo.get(change) ?? []).join('');
    this.#undo.clear();
    return sequences;
  }

  #put(text: string): void {
    this.#out += text;
  }

  /**
   * Passes on what changes the terminal for longer than the program runs; `undo` is undefined when the terminal is as
   * at rest now.
   */
  #change(sequence: string, change: string, undo: string | undefined): void {
    this.#put(sequence);
    if (undo === undefined) this.#undo.delete(change);
    else this.#undo.set(change, undo);
  }

  #control(code: number): void {
    if (code === 0x07 && this.#hasRung) return;
    if (code === 0x07) this.#hasRung = true;
    if (controls.has(code)) this.#put(String.fromCharCode(code));
    else if (code === 0x0e) this.#change('\x0e', 'shift', '\x0f');
    else if (code === 0x0f) this.#change('\x0f', 'shift', undefined);
    else this.#put(movingC1.get(code) ?? '');
  }

  #csi(final: string, parameters: readonly number[]): void {
    const [first = 0] = parameters;
    const numbers = parameters.map((number) => (number === 0 ? '' : Math.min(number, LARGEST_NUMBER)));
    const sequence = `${CSI}${numbers.join(';')}${final}`;
    if (passingCsi.has(final)) this.#put(sequence);
    else if (final === 'm')
      this.#change(sequence, 'colors', parameters.every((number) => number === 0) ? undefined : `${CSI}m`);
    else if (final === 'J' && first <= 2) this.#put(`${CSI}${first || ''}J`);
    else if (final === 'r')
      this.#change(
        sequence,
        'margins',
        parameters.every((number) => number === 0) ? undefined : `${ESC}7${CSI}r${ESC}8`,
      );
    // With numbers, or more of them, these mean the mouse, margins and the keyboard (xterm, kitty).
    else if (parameters.length === 1 && (final === 'T' || ((final === 's' || final === 'u') && first === 0)))
      this.#put(sequence);
    else if ((final === 'h' || final === 'l') && parameters.length === 1 && first === 4)
      this.#change(sequence, 'insert', final === 'h' ? `${CSI}4l` : undefined);
  }

  #otherCsi({ prefix, parameters, intermediates, final }: CsiSequence): void {
    if (prefix === '?' && intermediates === '' && (final === 'h' || final === 'l'))
      for (const mode of parameters.split(';')) this.#mode(mode, final);
    else if (prefix === '' && intermediates === '' && final === 'm')
      this.#change(`${CSI}${parameters}m`, 'colors', `${CSI}m`);
    // DECSTR, the soft reset.
    else if (prefix === '' && parameters === '' && intermediates === '!' && final === 'p') this.#put(`${CSI}!p`);
  }

  #mode(mode: string, final: 'h' | 'l'): void {
    const sequence = `${CSI}?${mode}${final}`;
    const atRest = modes.get(mode);
    if (atRest !== undefined)
      this.#change(sequence, mode, atRest === (final === 'h') ? undefined : `${CSI}?${mode}${atRest ? 'h' : 'l'}`);
    else if (alternateScreenModes.has(mode))
      this.#change(sequence, 'screen', final === 'h' ? `${CSI}?${mode}l` : undefined);
    else if (mode === SAVE_CURSOR_MODE) this.#put(sequence);
  }

  #escape(intermediates: string, final: string): void {
    if (intermediates === '(' || intermediates === ')') this.#characterSet(intermediates, final);
    else if (intermediates !== '') return;
    // Save and restore the cursor.
    else if (final === '7' || final === '8') this.#put(`${ESC}${final}`);
    else if (final === '=') this.#change(`${ESC}=`, 'keypad', `${ESC}>`);
    else if (final === '>') this.#change(`${ESC}>`, 'keypad', undefined);
    // RIS, the full reset, would take settings of the user's away: what students mean by it is an empty screen.
    else if (final === 'c') this.#put(`${this.#undone()}${CSI}H${CSI}2J`);
  }

  /** ASCII, or DEC's line drawing. */
  #characterSet(set: '(' | ')', final: string): void {
    const isDrawing = final === '0';
    if (isDrawing || final === 'B')
      this.#change(`${ESC}${set}${final}`, set === '(' ? 'g0' : 'g1', isDrawing ? `${ESC}${set}B` : undefined);
  }
}
