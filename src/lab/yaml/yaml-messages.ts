import { say } from '../../core/language/say.ts';
import type { ProblemText } from '../problem.ts';

/** Lines that start with `%`, known to the library or not: they would change what the file means. */
export const directiveProblem: ProblemText = {
  message: say`directives (lines that start with "%") are not used in lab.yaml`,
  hint: say`remove this line`,
};

/** All tags, known to the library or not: in lab.yaml, quotes decide what is text and what is a number. */
export const tagProblem = {
  message: say`tags (text that starts with "!") are not used in lab.yaml`,
  hint: say`remove it; put text in quotes`,
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
    message: say`a tab cannot indent a line in YAML`,
    hint: say`indent with spaces; most editors have a command that converts tabs`,
  },
  {
    code: 'BAD_INDENT',
    like: /must start at the same column|sufficiently indented/,
    message: say`this line is indented differently from those above it`,
    hint: say`the parts of one block start in the same column`,
  },
  {
    code: 'BLOCK_AS_IMPLICIT_KEY',
    message: say`a second ":" on one line`,
    hint: say`put text that has ": " in it in quotes; if the next line is wrong, correct its indentation`,
  },
  {
    code: 'MULTILINE_IMPLICIT_KEY',
    message: say`this line is no "name: value"`,
    hint: say`write a space after the ":", and start a list item with "- "`,
  },
  {
    code: 'MISSING_CHAR',
    like: /^Missing , (?:or : )?between/,
    message: say`a comma is missing before this`,
    hint: say`separate the parts of [ … ] and { … } by commas`,
  },
  {
    code: 'MISSING_CHAR',
    like: /^Missing space after :/,
    message: say`a space is missing after the ":"`,
    hint: say`write "name: value"`,
  },
  {
    code: 'MISSING_CHAR',
    like: /^Implicit map keys/,
    message: say`this line has no ":"`,
    hint: say`write "name: value"; a list item starts with "- "`,
  },
  {
    code: 'MISSING_CHAR',
    like: /^Sequence item without/,
    message: say`this line stands in a list but is no item of it`,
    hint: say`start it with "- ", or correct its indentation`,
  },
  {
    code: 'MISSING_CHAR',
    like: /^Comments must be/,
    message: say`a space is missing before the "#" of this comment`,
    hint: say`put text that has a "#" in it in quotes`,
  },
  {
    code: 'BAD_SCALAR_START',
    message: say`text cannot start with this character`,
    hint: say`put the text in quotes`,
    breaks: false,
  },
  {
    code: 'BAD_DQ_ESCAPE',
    message: say`this is no escape sequence of text in double quotes`,
    hint: say`write \\\\ for a backslash, or use single quotes: in them a backslash is an ordinary character`,
    breaks: false,
  },
  {
    code: 'UNEXPECTED_TOKEN',
    like: /at node end|^Unexpected flow-(?:seq|map)-end|^Unexpected scalar/,
    message: say`something stands here after the end of a value`,
    hint: say`put a comma before it if it is the next value; put the whole text in quotes if it belongs to it`,
  },
  {
    code: 'UNEXPECTED_TOKEN',
    like: /block-seq-ind/,
    message: say`a list item cannot start on the line of its name`,
    hint: say`start each item on a line of its own: "- item"; or write [item, item]`,
  },
  {
    code: 'UNEXPECTED_TOKEN',
    like: /^Unexpected (?:,|empty item)/,
    message: say`there is nothing before this comma`,
    hint: say`remove one comma`,
  },
  {
    code: 'MULTIPLE_DOCS',
    message: say`a second YAML document starts here`,
    hint: say`lab.yaml holds one document: remove this line, or put the rest in a file of its own`,
    breaks: false,
  },
  { code: 'BAD_DIRECTIVE', ...directiveProblem, breaks: false },
  { code: 'TAG_RESOLVE_FAILED', ...tagProblem, breaks: false },
  {
    code: 'BAD_ALIAS',
    message: say`this is no legal name of an anchor or alias`,
    hint: say`use letters and digits: &name, *name`,
    breaks: false,
  },
  {
    code: 'ALIAS_PROPS',
    message: say`an alias cannot have an anchor or a tag of its own`,
    hint: say`remove the "&…"`,
    breaks: false,
  },
  {
    code: 'MULTIPLE_ANCHORS',
    message: say`a value can have one anchor only`,
    hint: say`remove one "&…"`,
    breaks: false,
  },
  { code: 'RESOURCE_EXHAUSTION', message: say`is nested too deeply to be a lab file`, hint: say`check the brackets` },
  { code: 'KEY_OVER_1024_CHARS', message: say`a name can have at most 1024 characters`, breaks: false },
];
