import type { ProblemText } from '../problem.ts';

/** Lines that start with `%`, known to the library or not: they would change what the file means. */
export const directiveProblem: ProblemText = {
  message: 'directives (lines that start with "%") are not used in lab.yaml',
  hint: 'remove this line',
};

/** All tags, known to the library or not: in lab.yaml, quotes decide what is text and what is a number. */
export const tagProblem = {
  message: 'tags (text that starts with "!") are not used in lab.yaml',
  hint: 'remove it; put text in quotes',
} satisfies ProblemText;

/** A message of the library (its code, and its words where one code has several messages), and what we say instead. */
export interface YamlMessage extends ProblemText {
  readonly code: string;
  readonly like?: RegExp;
  /** Default: true. */
  readonly breaks?: boolean;
}

/** The library's messages in words for the author of the file; the first row that fits is used. */
export const yamlMessages: readonly YamlMessage[] = [
  {
    code: 'TAB_AS_INDENT',
    message: 'a tab cannot indent a line in YAML',
    hint: 'indent with spaces; most editors have a command that converts tabs',
  },
  {
    code: 'BAD_INDENT',
    like: /must start at the same column|sufficiently indented/,
    message: 'this line is indented differently from those above it',
    hint: 'the parts of one block start in the same column',
  },
  {
    code: 'BLOCK_AS_IMPLICIT_KEY',
    message: 'a second ":" on one line',
    hint: 'put text that has ": " in it in quotes; if the next line is wrong, correct its indentation',
  },
  {
    code: 'MULTILINE_IMPLICIT_KEY',
    message: 'this line is no "name: value"',
    hint: 'write a space after the ":", and start a list item with "- "',
  },
  {
    code: 'MISSING_CHAR',
    like: /^Missing , (?:or : )?between/,
    message: 'a comma is missing before this',
    hint: 'separate the parts of [ … ] and { … } by commas',
  },
  {
    code: 'MISSING_CHAR',
    like: /^Missing space after :/,
    message: 'a space is missing after the ":"',
    hint: 'write "name: value"',
  },
  {
    code: 'MISSING_CHAR',
    like: /^Implicit map keys/,
    message: 'this line has no ":"',
    hint: 'write "name: value"; a list item starts with "- "',
  },
  {
    code: 'MISSING_CHAR',
    like: /^Sequence item without/,
    message: 'this line stands in a list but is no item of it',
    hint: 'start it with "- ", or correct its indentation',
  },
  {
    code: 'MISSING_CHAR',
    like: /^Comments must be/,
    message: 'a space is missing before the "#" of this comment',
    hint: 'put text that has a "#" in it in quotes',
  },
  {
    code: 'BAD_SCALAR_START',
    message: 'text cannot start with this character',
    hint: 'put the text in quotes',
    breaks: false,
  },
  {
    code: 'BAD_DQ_ESCAPE',
    message: 'this is no escape sequence of text in double quotes',
    hint: String.raw`write \\ for a backslash, or use single quotes: in them a backslash is an ordinary character`,
    breaks: false,
  },
  {
    code: 'UNEXPECTED_TOKEN',
    like: /at node end|^Unexpected flow-(?:seq|map)-end|^Unexpected scalar/,
    message: 'something stands here after the end of a value',
    hint: 'put a comma before it if it is the next value; put the whole text in quotes if it belongs to it',
  },
  {
    code: 'UNEXPECTED_TOKEN',
    like: /block-seq-ind/,
    message: 'a list item cannot start on the line of its name',
    hint: 'start each item on a line of its own: "- item"; or write [item, item]',
  },
  {
    code: 'UNEXPECTED_TOKEN',
    like: /^Unexpected (?:,|empty item)/,
    message: 'there is nothing before this comma',
    hint: 'remove one comma',
  },
  {
    code: 'MULTIPLE_DOCS',
    message: 'a second YAML document starts here',
    hint: 'lab.yaml holds one document: remove this line, or put the rest in a file of its own',
    breaks: false,
  },
  { code: 'BAD_DIRECTIVE', ...directiveProblem, breaks: false },
  { code: 'TAG_RESOLVE_FAILED', ...tagProblem, breaks: false },
  {
    code: 'BAD_ALIAS',
    message: 'this is no legal name of an anchor or alias',
    hint: 'use letters and digits: &name, *name',
    breaks: false,
  },
  {
    code: 'ALIAS_PROPS',
    message: 'an alias cannot have an anchor or a tag of its own',
    hint: 'remove the "&…"',
    breaks: false,
  },
  { code: 'MULTIPLE_ANCHORS', message: 'a value can have one anchor only', hint: 'remove one "&…"', breaks: false },
  { code: 'RESOURCE_EXHAUSTION', message: 'is nested too deeply to be a lab file', hint: 'check the brackets' },
  { code: 'KEY_OVER_1024_CHARS', message: 'a name can have at most 1024 characters', breaks: false },
];
