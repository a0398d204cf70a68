import { didYouMean, KnownWords } from '../../core/text/suggest.ts';
import { say } from '../../core/language/say.ts';

/** A key of a keyboard, or a text that is typed without Enter. */
export interface Key {
  /** As it stands in `lab.yaml`. */
  readonly written: string;
  /** What a terminal sends for it. */
  readonly sent: string;
  /** The same while the program has asked for application cursor keys (DECCKM), when that differs. */
  readonly sentInApplication?: string;
}

const ESC = '\x1b';
const CSI = `${ESC}[`;

/**
 * Keys that send `CSI letter`: the cursor keys by that letter, which follows `ESC O` in application mode and
 * `CSI 1 ; modifier` with another key held down.
 */
const cursorKeys: Readonly<Record<string, string>> = { Up: 'A', Down: 'B', Right: 'C', Left: 'D', End: 'F', Home: 'H' };
/** Keys that send `ESC O letter`, and `CSI 1 ; modifier letter` with another key. */
const firstFunctionKeys: Readonly<Record<string, string>> = { F1: 'P', F2: 'Q', F3: 'R', F4: 'S' };
/** Keys that send `CSI number ~`, and `CSI number ; modifier ~` with another key. */
const numberedKeys: Readonly<Record<string, number>> = {
  Insert: 2,
  Delete: 3,
  PageUp: 5,
  PageDown: 6,
  F5: 15,
  F6: 17,
  F7: 18,
  F8: 19,
  F9: 20,
  F10: 21,
  F11: 23,
  F12: 24,
};
const characterKeys: Readonly<Record<string, string>> = {
  Enter: '\r',
  Tab: '\t',
  Space: ' ',
  Backspace: '\x7f',
  Esc: ESC,
};
/** Other names that people and keyboards have for them. */
const otherNames: Readonly<Record<string, string>> = {
  Escape: 'Esc',
  Return: 'Enter',
  Del: 'Delete',
  Ins: 'Insert',
  PgUp: 'PageUp',
  PgDn: 'PageDown',
  ArrowUp: 'Up',
  ArrowDown: 'Down',
  ArrowLeft: 'Left',
  ArrowRight: 'Right',
};
/** Values of xterm's modifier parameter, less one. */
const modifiers: Readonly<Record<string, number>> = { shift: 1, alt: 2, ctrl: 4 };

/** All keys with a name; with Ctrl, Alt or Shift there are more. */
export const keyNames: readonly string[] = [
  ...Object.keys(cursorKeys),
  ...Object.keys(characterKeys),
  ...Object.keys(numberedKeys),
  ...Object.keys(firstFunctionKeys),
];
const byName: ReadonlyMap<string, string> = new Map(
  [...keyNames.map((name) => [name, name] as const), ...Object.entries(otherNames)].map(([name, key]) => [
    plain(name),
    key,
  ]),
);
const MODIFIED = /^((?:(?:ctrl|alt|shift)[-+])+)(.+)$/is;
/** What looks like the name of a key, not like text: one word with a capital first, or another key that is held down. */
const LIKE_A_NAME = /^(?:[A-Z][A-Za-z]+\d*|F\d+)$/;
const LIKE_MODIFIED = /^(?:ctrl|alt|shift|cmd|super)[-+]./i;
/** How others write that a key is held down. */
const OTHER_MODIFIER = /^(\^|C-|control[-+]|ctl[-+]|M-|meta[-+]|option[-+]|S-)(.+)$/i;
const usualModifiers: Readonly<Record<string, string>> = { '^': 'Ctrl', c: 'Ctrl', m: 'Alt', o: 'Alt', s: 'Shift' };

/**
 * The key or text that is written so: one character is itself; names of keys count in any case, with or without `-` in
 * them (`PageUp`, `page-up`); all else is text.
 *
 * Returns the next step, when what is written looks like the name of a key and is none.
 */
export function keyOrText(written: string): Key | { readonly hint: string } {
  if (isOneCharacter(written)) return { written, sent: written };
  const [, held, rest] = MODIFIED.exec(written) ?? [];
  const key = held === undefined || rest === undefined ? namedKey(written) : modifiedKey(held, rest);
  if (key !== undefined) return key;
  const near = new KnownWords([...keyNames, ...Object.keys(otherNames)]).nearest(written);
  const isName = LIKE_A_NAME.test(written) || LIKE_MODIFIED.test(written) || meantKey(written) !== undefined;
  return isName || isTypo(written, near) ? { hint: hintFor(written, near) } : { written, sent: written };
}

function namedKey(written: string): Key | undefined {
  const name = byName.get(plain(written));
  if (name === undefined) return undefined;
  if (cursorKeys[name] !== undefined)
    return { written: name, sent: CSI + cursorKeys[name], sentInApplication: `${ESC}O${cursorKeys[name]}` };
  if (firstFunctionKeys[name] !== undefined) return { written: name, sent: `${ESC}O${firstFunctionKeys[name]}` };
  if (numberedKeys[name] !== undefined) return { written: name, sent: `${CSI}${numberedKeys[name]}~` };
  return { written: name, sent: characterKeys[name]! };
}

/** A key while Ctrl, Alt or Shift is held down, as xterm sends it; undefined when it sends nothing of its own for it. */
function modifiedKey(held: string, rest: string): Key | undefined {
  const names = [
    ...new Set(
      held
        .toLowerCase()
        .split(/[-+]/)
        .filter((name) => name !== ''),
    ),
  ];
  const isHeld = (name: string): boolean => names.includes(name);
  const key = isOneCharacter(rest) ? { written: rest, sent: rest } : namedKey(rest);
  if (key === undefined) return undefined;
  const written = [...names.map((name) => name[0]!.toUpperCase() + name.slice(1)), writtenOf(key, isHeld('ctrl'))].join(
    '-',
  );
  const modifier = names.reduce((sum, name) => sum + modifiers[name]!, 1);
  const name = key.written;
  const letter = cursorKeys[name] ?? firstFunctionKeys[name];
  if (letter !== undefined) return { written, sent: `${CSI}1;${modifier}${letter}` };
  if (numberedKeys[name] !== undefined) return { written, sent: `${CSI}${numberedKeys[name]};${modifier}~` };
  if (isHeld('shift') && name === 'Tab' && names.length === 1) return { written, sent: `${CSI}Z` };
  const shifted = isHeld('shift') ? shiftedOf(key.sent) : key.sent;
  const sent = shifted !== undefined && isHeld('ctrl') ? controlOf(shifted) : shifted;
  return sent === undefined ? undefined : { written, sent: isHeld('alt') ? ESC + sent : sent };
}

function writtenOf({ written }: Key, isControl: boolean): string {
  return isControl && /^[a-z]$/.test(written) ? written.toUpperCase() : written;
}

/** With Shift, letters are capitals; of other keys that a terminal sends as characters only Space stays what it is. */
function shiftedOf(sent: string): string | undefined {
  if (/^\p{L}$/u.test(sent)) return sent.toUpperCase();
  return sent === ' ' ? sent : undefined;
}

/** The control character of a key: the lower five bits of its letter. */
function controlOf(sent: string): string | undefined {
  if (/^[@-_a-z]$/.test(sent)) return String.fromCharCode(sent.charCodeAt(0) & 0x1f);
  return { ' ': '\0', '?': '\x7f', '/': '\x1f', '\x7f': '\b' }[sent];
}

/** In any case, and without what stands between the words of a name. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_ ]/g, '');
}

/** Whether it is a name with one letter wrong: `Donw`, `pagup`. Short words may well be text. */
function isTypo(written: string, near: string | undefined): boolean {
  return (
    near !== undefined &&
    /^[A-Za-z]{4,}$/.test(written) &&
    Math.abs(near.length - written.length) <= 1 &&
    hasSameEnds(written, near)
  );
}

function hasSameEnds(a: string, b: string): boolean {
  const [first, second] = [plain(a), plain(b)];
  return first[0] === second[0] && first.at(-1) === second.at(-1);
}

function hintFor(written: string, near: string | undefined): string {
  const asText = say`as text: [${JSON.stringify(written.slice(0, 1))}, ${JSON.stringify(written.slice(1))}]`;
  const meant = meantKey(written) ?? near;
  if (meant !== undefined) return `${didYouMean(meant)} ${asText}`;
  return say`keys: ${keyNames.slice(0, 15).join(', ')}, F1 to F12, Ctrl-C, Alt-x; ${asText}`;
}

/** `Ctrl-C` for `^C`, `C-c` and their like. */
function meantKey(written: string): string | undefined {
  const [, modifier, key] = OTHER_MODIFIER.exec(written) ?? [];
  if (modifier === undefined || key === undefined) return undefined;
  return modifiedKey(`${usualModifiers[modifier[0]!.toLowerCase()]!}-`, key)?.written;
}

function isOneCharacter(text: string): boolean {
  return /^.$/su.test(text);
}

/** Escape and control sequences of keys, control characters, and text between them. */
const TYPED = /\x1b(?:\[[\d;?<]*[ -/]*[@-~]|O[^]|[^])|[\0-\x1f\x7f]|\x1b$|[^\0-\x1f\x7f]+/gu;
const heldModifiers = ['', 'Shift-', 'Alt-', 'Ctrl-', 'Alt-Shift-', 'Ctrl-Shift-', 'Ctrl-Alt-'];
let namesBySent: ReadonlyMap<string, string> | undefined;

/**
 * What was typed at a terminal, as it is written for `keyOrText`. What no key sends, as the answers of a terminal or the
 * marks of pasted text, is left out.
 */
export function keysOf(typed: string): string[] {
  namesBySent ??= sentByKeys();
  return (typed.match(TYPED) ?? []).flatMap((part) => {
    const name = namesBySent?.get(part) ?? altOf(part);
    if (name !== undefined) return [name];
    return part.startsWith(ESC) ? [] : asText(part);
  });
}

function sentByKeys(): ReadonlyMap<string, string> {
  const letters = Array.from({ length: 26 }, (_, i) => String.fromCodePoint(0x41 + i));
  const held = heldModifiers.flatMap((modifier) => keyNames.map((name) => modifier + name));
  const controls = [...letters, '@', '\\', ']', '^', '_'].map((name) => `Ctrl-${name}`);
  const found = new Map<string, string>();
  for (const name of [...held, ...controls]) {
    const key = keyOrText(name);
    if ('hint' in key || key.sent === ' ') continue;
    for (const sent of [key.sent, key.sentInApplication])
      if (sent !== undefined && !found.has(sent)) found.set(sent, key.written);
  }
  return found;
}

function altOf(part: string): string | undefined {
  return /^\x1b[^\0-\x1f\x7f]$/u.test(part) ? `Alt-${part.slice(1)}` : undefined;
}

/** A text that reads as a key is written in two. */
function asText(text: string): string[] {
  const key = keyOrText(text);
  if ('sent' in key && key.sent === text) return [text];
  const [first = ''] = /^./su.exec(text) ?? [];
  return [first, ...asText(text.slice(first.length))];
}
