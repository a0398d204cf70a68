import { isCollection, isScalar, visit, type Document, type YAMLError } from 'yaml';
import type { Fault } from './rules.ts';

/** A fault of the YAML itself, by its offset in the text. */
export interface YamlFault extends Fault {
  readonly offset: number;
  /** Characters to underline. */
  readonly length: number;
  /** What stands after it may have been read in another sense than it was written. */
  readonly breaks: boolean;
}

/** After so many lines with a fault, the file is no YAML at all. */
const MOST_FAULTS = 20;

/** The library's messages in the words of this file's reader: the first row whose code and message fit. */
const MESSAGES: readonly (readonly [code: string, message: RegExp, fault: Fault, breaks?: boolean])[] = [
  ['TAB_AS_INDENT', /./, { message: 'a tab cannot indent a line in YAML', hint: 'indent with spaces; most editors have a command that converts tabs' }],
  ['BAD_INDENT', /must start at the same column|sufficiently indented/, { message: 'this line is indented differently from those above it', hint: 'the parts of one block start in the same column' }],
  ['BLOCK_AS_IMPLICIT_KEY', /./, { message: 'a second ":" on one line', hint: 'put text that has ": " in it in quotes; if the next line is the fault, correct its indentation' }],
  ['MULTILINE_IMPLICIT_KEY', /./, { message: 'this line is no "name: value"', hint: 'write a space after the ":", and start a list item with "- "' }],
  ['MISSING_CHAR', /^Missing , (?:or : )?between/, { message: 'a comma is missing before this', hint: 'separate the parts of [ … ] and { … } by commas' }],
  ['MISSING_CHAR', /^Missing space after :/, { message: 'a space is missing after the ":"', hint: 'write "name: value"' }],
  ['MISSING_CHAR', /^Implicit map keys/, { message: 'this line has no ":"', hint: 'write "name: value"; a list item starts with "- "' }],
  ['MISSING_CHAR', /^Sequence item without/, { message: 'this line stands in a list but is no item of it', hint: 'start it with "- ", or correct its indentation' }],
  ['MISSING_CHAR', /^Comments must be/, { message: 'a space is missing before the "#" of this comment', hint: 'put text that has a "#" in it in quotes' }],
  ['BAD_SCALAR_START', /./, { message: 'text cannot start with this character', hint: 'put the text in quotes' }, false],
  ['BAD_DQ_ESCAPE', /./, { message: 'this is no escape sequence of text in double quotes', hint: String.raw`write \\ for a backslash, or use single quotes: in them a backslash is an ordinary character` }, false],
  ['UNEXPECTED_TOKEN', /at node end|^Unexpected flow-(?:seq|map)-end|^Unexpected scalar/, { message: 'something stands here after the end of a value', hint: 'put a comma before it if it is the next value; put the whole text in quotes if it belongs to it' }],
  ['UNEXPECTED_TOKEN', /block-seq-ind/, { message: 'a list item cannot start on the line of its name', hint: 'start each item on a line of its own: "- item"; or write [item, item]' }],
  ['UNEXPECTED_TOKEN', /^Unexpected (?:,|empty item)/, { message: 'there is nothing before this comma', hint: 'remove one comma' }],
  ['MULTIPLE_DOCS', /./, { message: 'a second YAML document starts here', hint: 'lab.yaml holds one document: remove this line, or put the rest in a file of its own' }, false],
  ['BAD_DIRECTIVE', /./, { message: 'directives (lines that start with "%") are not used in lab.yaml', hint: 'remove this line' }, false],
  ['BAD_ALIAS', /./, { message: 'this is no legal name of an anchor or alias', hint: 'use letters and digits: &name, *name' }, false],
  ['ALIAS_PROPS', /./, { message: 'an alias cannot have an anchor or a tag of its own', hint: 'remove the "&…"' }, false],
  ['MULTIPLE_ANCHORS', /./, { message: 'a value can have one anchor only', hint: 'remove one "&…"' }, false],
  ['RESOURCE_EXHAUSTION', /./, { message: 'is nested too deeply to be a lab file', hint: 'check the brackets' }],
  ['KEY_OVER_1024_CHARS', /./, { message: 'a name can have at most 1024 characters' }, false],
];

/** The faults that the library found, the first of each line, in the order of the text. */
export function syntaxFaults(text: string, document: Document.Parsed): YamlFault[] {
  const faults = new Map<number, YamlFault>();
  let lastStart = -1;
  for (const error of [...document.errors, ...document.warnings].toSorted((a, b) => a.pos[0] - b.pos[0])) {
    if (error.code === 'TAG_RESOLVE_FAILED' || error.pos[0] === lastStart || faults.size >= MOST_FAULTS) continue;
    lastStart = error.pos[0];
    const fault = faultOf(error, text, document);
    const line = text.lastIndexOf('\n', fault.offset - 1);
    if (!faults.has(line)) faults.set(line, fault);
    if (error.code === 'RESOURCE_EXHAUSTION') break;
  }
  return [...faults.values()];
}

function faultOf(error: YAMLError, text: string, document: Document.Parsed): YamlFault {
  const start = Math.min(error.pos[0], text.length);
  const opener = /^Missing closing|^Flow .* end with/.test(error.message) ? unclosedBefore(start, text, document) : undefined;
  if (opener !== undefined) {
    const closer = { '[': ']', '{': '}' }[text[opener]!] ?? text[opener]!;
    return { offset: opener, length: 1, message: `this ${text[opener]} is never closed`, hint: `write the missing ${closer} where it ends`, breaks: true };
  }
  if (/[\]}]/.test(text[start] ?? '') && (error.code === 'BAD_INDENT' || error.code === 'UNEXPECTED_TOKEN')) {
    return { offset: start, length: 1, message: `this ${text[start]} closes nothing`, hint: 'remove it', breaks: true };
  }
  const deeper = error.code === 'BLOCK_AS_IMPLICIT_KEY' ? /^[^\n]*\n\s*/.exec(text.slice(start)) : null;
  if (deeper && !/:\s/.test(deeper[0])) {
    return { offset: start + deeper[0].length, length: 1, message: 'this line is indented deeper than the one above it, which has a value already', hint: 'start both lines in the same column', breaks: true };
  }
  const row = MESSAGES.find(([code, message]) => code === error.code && message.test(error.message));
  const fault = row?.[2] ?? { message: `is no legal YAML: ${error.message}` };
  const offset = error.code === 'BAD_INDENT' ? start + /^ */.exec(text.slice(start))![0].length : start;
  return { offset, length: error.pos[1] - start, ...fault, breaks: row?.[3] ?? true };
}

/** Offset of the last quote or bracket before `end` that nothing closes. The library reports these where it gave up, which can be the end of the file. */
function unclosedBefore(end: number, text: string, document: Document.Parsed): number | undefined {
  let found: number | undefined;
  visit(document, {
    Node: (_key, node) => {
      const [from, to] = node.range ?? [end, end];
      if (from >= end || (found !== undefined && from < found)) return;
      const quoted = isScalar(node) && (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE');
      const open = (quoted && (to - from < 2 || text[to - 1] !== text[from])) || (isCollection(node) && node.flow === true && !/[\]}]/.test(text[to - 1] ?? ''));
      if (open) found = from;
    },
  });
  return found;
}
