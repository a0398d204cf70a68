import { NOT_PLAIN } from '../core/text/sanitize.ts';
import type { VtHandler } from './vt-handler.ts';

type State = 'ground' | 'escape' | 'escape-intermediate' | 'csi' | 'csi-ignore' | 'osc' | 'string';

const ESC = 0x1b;
const LF = 0x0a;
const BEL = 0x07;
/** What may end a control string. */
const STRING_STOP = /[\x07\n\x18\x1a\x1b\x80-\x9f]/g;
const LONGEST_CSI = 64;
const CSI_PARTS = /^([<-?]*)([\d;:]*)([ -/]*)$/;

/**
 * A streaming parser of ECMA-48 control functions after Paul Williams' state machine
 * (https://vt100.net/emu/dec_ansi_parser), reduced to what its users need: everything between text is recognised;
 * control strings (OSC, DCS, APC, PM, SOS) are dropped.
 *
 * One rule is ours: a line feed ends a control string too, so a program that prints binary, or forgets to end a string,
 * hides the rest of one line and not the rest of the run.
 */
export class VtParser {
  readonly #handler: VtHandler;
  #state: State = 'ground';
  /** Parameter and intermediate bytes of the sequence so far. */
  #collected = '';
  /** A high surrogate at the end of the last chunk, whose other half is still to come. */
  #half = '';

  constructor(handler: VtHandler) {
    this.#handler = handler;
  }

  /** Takes the next chunk; it may be cut anywhere, in a sequence or between the halves of a surrogate pair. */
  write(chunk: string): void {
    let data = this.#half + chunk;
    this.#half = '';
    if (isHighSurrogate(data.charCodeAt(data.length - 1))) {
      this.#half = data.slice(-1);
      data = data.slice(0, -1);
    }
    if (!data.isWellFormed()) data = data.toWellFormed();
    for (let i = 0; i < data.length;) {
      if (this.#state === 'ground') i = this.#ground(data, i);
      else if (this.#state === 'osc' || this.#state === 'string') i = this.#string(data, i);
      else i = this.#sequence(data, i);
    }
  }

  /** Whether what was written so far is whole: no sequence and no character is cut. */
  get isWhole(): boolean {
    return this.#state === 'ground' && this.#half === '';
  }

  /** Hands over plain text up to the next special character, and that. */
  #ground(data: string, from: number): number {
    const first = data.charCodeAt(from);
    if (first === LF || first === ESC) {
      this.#control(first);
      return from + 1;
    }
    NOT_PLAIN.lastIndex = from;
    const found = NOT_PLAIN.exec(data);
    const stop = found?.index ?? data.length;
    if (stop > from) this.#handler.print(data.slice(from, stop));
    if (!found) return stop;
    const code = data.charCodeAt(stop);
    if (code > 0x9f) this.#handler.format(found[0]);
    else this.#control(code);
    return stop + found[0].length;
  }

  #string(data: string, from: number): number {
    STRING_STOP.lastIndex = from;
    const found = STRING_STOP.exec(data);
    if (!found) return data.length;
    const code = data.charCodeAt(found.index);
    if (code !== BEL) this.#control(code);
    else if (this.#state === 'osc') this.#state = 'ground';
    return found.index + 1;
  }

  /** One character of an escape or control sequence. */
  #sequence(data: string, at: number): number {
    const code = data.charCodeAt(at);
    if (code > 0x9f) {
      this.#state = 'ground';
      return at;
    }
    if (code < 0x20 || code >= 0x80) this.#control(code);
    else if (code === 0x7f) return at + 1;
    else if (this.#state === 'csi' || this.#state === 'csi-ignore') this.#csiByte(code);
    else this.#escape(code);
    return at + 1;
  }

  /** Controls act in every state; some change it. */
  #control(code: number): void {
    const inString = this.#state === 'osc' || this.#state === 'string';
    if (code === ESC) this.#state = 'escape';
    else if (code === 0x9b) this.#startCsi();
    else if (code === 0x9d) this.#state = 'osc';
    else if (code === 0x90 || code === 0x98 || code === 0x9e || code === 0x9f) this.#state = 'string';
    else {
      if (inString || code >= 0x80 || code === 0x18 || code === 0x1a) this.#state = 'ground';
      this.#handler.control(code);
    }
  }

  #escape(code: number): void {
    if (code < 0x30) {
      this.#collected =
        this.#state === 'escape-intermediate'
          ? (this.#collected + String.fromCharCode(code)).slice(0, LONGEST_CSI)
          : String.fromCharCode(code);
      this.#state = 'escape-intermediate';
    } else if (this.#state === 'escape-intermediate') {
      this.#state = 'ground';
      this.#handler.escape?.(this.#collected, String.fromCharCode(code));
    } else if (code === 0x5b) this.#startCsi();
    else if (code === 0x5d) this.#state = 'osc';
    else if (code === 0x50 || code === 0x58 || code === 0x5e || code === 0x5f) this.#state = 'string';
    else {
      this.#state = 'ground';
      // ESC with a letter from @ to _ is the 7-bit form of a C1 control (ECMA-48, 5.3).
      if (code >= 0x40 && code <= 0x5f) this.#handler.control(code + 0x40);
      else this.#handler.escape?.('', String.fromCharCode(code));
    }
  }

  #startCsi(): void {
    this.#state = 'csi';
    this.#collected = '';
  }

  #csiByte(code: number): void {
    if (code < 0x40) {
      if (this.#collected.length < LONGEST_CSI) this.#collected += String.fromCharCode(code);
      else this.#state = 'csi-ignore';
      return;
    }
    const final = String.fromCharCode(code);
    const isWhole = this.#state === 'csi';
    this.#state = 'ground';
    if (!isWhole) return;
    const numbers = numbersOf(this.#collected);
    if (numbers) {
      this.#handler.csi(final, numbers);
      return;
    }
    const [, prefix, parameters = '', intermediates = ''] = CSI_PARTS.exec(this.#collected) ?? [];
    if (prefix !== undefined) this.#handler.otherCsi?.({ prefix, parameters, intermediates, final });
  }
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

/** The numbers of a control sequence, 0 where one is empty; undefined when there is more than numbers. */
function numbersOf(parameters: string): number[] | undefined {
  const numbers: number[] = [];
  let number = 0;
  for (let i = 0; i < parameters.length; i++) {
    const code = parameters.charCodeAt(i);
    if (code >= 0x30 && code <= 0x39) number = number * 10 + code - 0x30;
    else if (code !== 0x3b) return undefined;
    else {
      numbers.push(number);
      number = 0;
    }
  }
  numbers.push(number);
  return numbers;
}
