import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { sourceFiles, sourceRoot } from '../../scripts/house/imports.ts';

/** Texts that are shown as Markdown: reports, the reference, a README of templates, and what editors show of a field or a step. */
const MARKDOWN =
  /^(?:report\/|lab\/fields\/|scenario\/(?:verbs\/|step-schema\.ts|reading\/schema-parts\.ts|(?:tcp\/read-tcp|udp\/read-udp)\.ts)|lab\/templates\/template\.ts|cli\/command\/reference\.ts)/;
/** The strings of a line, in whichever quotes they are written. */
const STRINGS = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`/g;
/** A value between single quotes, after a word. */
const SINGLE_QUOTED = /\w '\$\{[^`]*\}'/;

function hasBackquotes(line: string): boolean {
  return (line.match(STRINGS) ?? []).some((text) => /\\?`[^`]+`/.test(text.slice(1, -1)));
}

/** Lines of code, without those of comments. */
function codeLines(): { readonly place: string; readonly file: string; readonly line: string }[] {
  return sourceFiles().flatMap((file) =>
    readFileSync(join(sourceRoot, file), 'utf8')
      .split('\n')
      .map((line, index) => ({ place: `${file}:${index + 1}`, file, line }))
      .filter(({ line }) => !/^\s*(?:\/?\*|\/\/)/.test(line)),
  );
}

describe('messages have one form', () => {
  test('names and commands stand in double quotes', () => {
    // What quotes for a shell or writes a program is code, not a message.
    const code =
      /^(?:ssh\/channel\/remote-command|programs\/python|providers\/qemu\/process\/qemu-arguments|providers\/qemu\/saved|terminal\/|providers\/netns\/rights\/why-refused|core\/text\/shell-quote)/;
    const others = codeLines().filter(
      ({ file, line }) =>
        (!MARKDOWN.test(file) && !code.test(file) && hasBackquotes(line)) ||
        (!code.test(file) && SINGLE_QUOTED.test(line)),
    );
    assert.deepEqual(
      others.map(({ place }) => place),
      [],
    );
  });

  test('the question what was meant is written once', () => {
    const asking = codeLines().filter(({ line }) => /did you mean/i.test(line));
    assert.deepEqual(
      asking.map(({ file }) => file),
      ['core/text/suggest.ts'],
    );
  });
});
