import type { CliCommand } from '../../src/cli/command/define-command.ts';
import { globalOptions, questions } from '../../src/cli/command/global-options.ts';
import { usageOf } from '../../src/cli/command/help-text.ts';
import { flagsOf, type Options } from '../../src/cli/command/parameters.ts';
import { environmentReference, exitCodeReference } from '../../src/cli/command/reference.ts';
import { commands } from '../../src/cli/commands/index.ts';
import { readMarkdown, spansOf, type Block, type Span } from '../../src/cli/help/markdown.ts';
import { readTopic, topicNames } from '../../src/cli/help/topics.ts';

/** Topics that have a section of their own under the heading that manual pages have for it (man-pages(7)). */
const elsewhere = new Set(['commands', 'exit-codes', 'environment']);

const files: readonly (readonly [path: string, meaning: string])[] = [
  ['`lab.yaml`', 'The lab: here, or in a folder above. `lab init` writes one.'],
  ['`.lab`', 'Next to it: state, keys and runs of the lab.'],
  ['`~/.cache/lab`', 'Tools, packages and images that all labs of a user share, or `XDG_CACHE_HOME/lab`.'],
  ['`~/.ssh/config`, `~/.ssh/known_hosts`', 'Read for machines of provider ssh, never written.'],
];

/** The manual page lab(1), in the language of man(7): every command, and every topic of `lab help`. */
export function manPage(version: string): string {
  return [
    `.TH LAB 1 "" "lab ${version}" "User Commands"`,
    section('NAME'),
    String.raw`lab \- machines of a networking practical, a played exchange between programs on them, and the proof of what happened`,
    section('SYNOPSIS'),
    `${bold('lab')} [${italic('options')}] ${italic('command')}`,
    section('DESCRIPTION'),
    'From one lab.yaml (networks, machines, programs, scenarios) lab makes the machines, puts the programs there, plays a scripted exchange between real terminals, and keeps what happened: terminals, packets, and a report.',
    '.PP',
    `${bold('lab help')} ${italic('topic')} shows each of the sections below that begin with the name of a topic.`,
    section('COMMANDS'),
    ...commands.filter(({ hidden }) => !hidden).flatMap((command) => commandLines(command)),
    section('OPTIONS'),
    'Of every command, before or after its name:',
    ...optionLines({ ...questions, ...globalOptions }),
    section('EXIT STATUS'),
    ...blocksOf(exitCodeReference()).flatMap(blockLines),
    '.PP',
    'lab exec and lab ssh with a command return the status of the command on the machine.',
    section('ENVIRONMENT'),
    ...blocksOf(environmentReference()).flatMap(blockLines),
    section('FILES'),
    ...files.flatMap(([path, meaning]) => term(textOf(spansOf(path)), textOf(spansOf(meaning)))),
    ...topicNames()
      .filter((name) => !elsewhere.has(name))
      .flatMap(topicLines),
    section('SEE ALSO'),
    ['ssh(1)', 'tcpdump(1)', 'namespaces(7)', 'ss(8)']
      .map((page) => page.replace(/^(.*)\((\d)\)$/, (_, name: string, number: string) => `${bold(name)}(${number})`))
      .join(', '),
    '',
  ]
    .join('\n')
    .replaceAll(/^(\.S[HS] .*\n)\.PP\n/gm, '$1');
}

function section(heading: string): string {
  return `.SH "${heading}"`;
}

function commandLines(command: CliCommand, family = ''): string[] {
  const { name, summary, details, options, examples, commands: nested } = command;
  const whole = `${family}${name}`;
  const usage = usageOf(command).replace(/^\[[^\]]*\] ?/, '');
  const words = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}. ${details ?? ''}`.trim();
  return [
    ...term(`${bold(`lab ${whole}`)} ${escaped(usage)}`.trim(), textOf(spansOf(words))),
    ...indented([
      ...optionLines(options),
      ...examples.flatMap((example) => term(bold(`lab ${example.words}`), `Example: ${escaped(example.does)}`)),
    ]),
    ...nested.flatMap((one) => commandLines(one, `${whole} `)),
  ];
}

function optionLines(options: Options): string[] {
  return Object.entries(options).flatMap(([name, option]) =>
    term(bold(flagsOf(name, option)), textOf(spansOf(option.description))),
  );
}

function topicLines(name: string): string[] {
  const { summary, markdown } = readTopic(name, 'en');
  const [, ...blocks] = blocksOf(markdown);
  return [section(`${name.toUpperCase()}: ${escaped(summary)}`), ...blocks.flatMap(blockLines)];
}

function blocksOf(markdown: string): Block[] {
  return readMarkdown(markdown);
}

function blockLines(block: Block): string[] {
  switch (block.kind) {
    case 'heading':
      return [`.SS "${textOf(block.spans)}"`];
    case 'paragraph':
      return ['.PP', textOf(block.spans)];
    case 'list':
      return block.items.flatMap((item) => [String.raw`.IP \(bu 2`, textOf(item)]);
    case 'code':
      return indented(['.nf', ...block.lines.map((line) => escaped(line)), '.fi']);
    case 'table':
      return block.rows.flatMap(([first = '', ...cells]) =>
        term(
          textOf(spansOf(first)),
          cells
            .map((cell, index) => cellText(cell, block.head, index))
            .filter(Boolean)
            .join('\n.br\n'),
        ),
      );
    default:
      return block satisfies never;
  }
}

/** Of more than two columns, each has its heading. */
function cellText(cell: string, head: readonly string[], index: number): string {
  if (cell === '') return '';
  return head.length === 2 ? textOf(spansOf(cell)) : `${escaped(head[index + 1] ?? '')}: ${textOf(spansOf(cell))}`;
}

function term(words: string, meaning: string): string[] {
  return ['.TP', words, meaning];
}

function indented(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['.RS 4', ...lines, '.RE'];
}

function textOf(spans: readonly Span[]): string {
  const text = spans.map(({ kind, text }) => (kind === 'plain' ? escaped(text, false) : bold(text))).join('');
  return guarded(text);
}

function bold(text: string): string {
  return String.raw`\fB${escaped(text, false)}\fR`;
}

function italic(text: string): string {
  return String.raw`\fI${escaped(text, false)}\fR`;
}

/** Nothing in the text is a request, and a hyphen that can be typed is one that can be copied. */
function escaped(text: string, isLine = true): string {
  const plain = text
    .replaceAll('\\', String.raw`\e`)
    .replaceAll('-', String.raw`\-`)
    .replaceAll('"', String.raw`\(dq`);
  return isLine ? guarded(plain) : plain;
}

function guarded(line: string): string {
  return /^[.']/.test(line) ? String.raw`\&${line}` : line;
}
