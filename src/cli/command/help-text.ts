import { say } from '../../core/language/say.ts';
import { readTopic, topicNames } from '../help/topics.ts';
import { groups, type CliCommand } from './define-command.ts';
import { globalOptions, questions } from './global-options.ts';
import { flagsOf, shownName, syntaxOf, type Options } from './parameters.ts';

/** A line of a list: what it is about, and what is said of it. */
type Item = readonly [term: string, description: string];

interface Section {
  readonly heading: string;
  readonly items: readonly Item[];
}

const DESCRIPTION = say`From one lab.yaml to running machines, a played exchange between programs on them, and the proof of what happened.`;
/** Columns of a page that is no terminal. */
const PAGE_WIDTH = 80;
/** In less than this, lines are not broken. Columns. */
const LEAST_WIDTH = 40;

/** Help for a command, or with an empty path for lab itself; lines are broken at `width` columns. */
export function helpText(path: readonly CliCommand[], commands: readonly CliCommand[], width = PAGE_WIDTH): string {
  const command = path.at(-1);
  return command === undefined ? helpOfAll(commands, width) : helpOf(command, path, width);
}

function helpOfAll(commands: readonly CliCommand[], width: number): string {
  const { version, help } = questions;
  const inGroup = (group: string): Item[] => itemsOf(commands.filter((command) => command.group === group));
  return page({
    usage: say`lab [options] <command>`,
    description: DESCRIPTION,
    sections: [
      { heading: say`Options:`, items: optionItems({ version, ...globalOptions, help }) },
      ...Object.entries(groups).map(([group, heading]) => ({
        heading,
        items: [
          ...inGroup(group),
          ...(group === 'tools' ? [['help', say`help for a command or a topic`] as const] : []),
        ],
      })),
      { heading: say`Topics:`, items: topicNames().map((name) => [name, readTopic(name).summary]) },
    ],
    end: say`lab COMMAND --help tells more about a command and shows examples.\nlab help TOPIC shows a topic.`,
    width,
  });
}

function helpOf(command: CliCommand, path: readonly CliCommand[], width: number): string {
  const { help } = questions;
  const name = path.map((step) => step.name).join(' ');
  const operands = Object.entries(command.arguments).filter(([, argument]) => argument.form !== 'after-dashes');
  return page({
    usage: `lab ${name} ${usageOf(command)}${nestedUsage(command)}`,
    description: descriptionOf(command),
    sections: [
      { heading: say`Arguments:`, items: operands.map(([name, { description }]) => [shownName(name), description]) },
      { heading: say`Options:`, items: optionItems({ ...command.options, help }) },
      { heading: say`Commands:`, items: itemsOf(command.commands) },
    ],
    end: helpTail(command),
    width,
  });
}

function nestedUsage({ commands, isFamily }: CliCommand): string {
  return commands.length === 0 ? '' : isFamily ? ` <${shownName('command')}>` : ` [${shownName('command')}]`;
}

/** The words after the command's name: `[options] <port>`. */
export function usageOf(command: CliCommand): string {
  return [
    `[${say`options`}]`,
    ...Object.entries(command.arguments).map(([name, argument]) => syntaxOf(name, argument)),
  ].join(' ');
}

function itemsOf(commands: readonly CliCommand[]): Item[] {
  return commands.filter(({ hidden }) => !hidden).map(({ name, summary }) => [name, summary]);
}

function optionItems(options: Options): Item[] {
  return Object.entries(options).map(([name, option]) => [flagsOf(name, option), option.description]);
}

function descriptionOf({ summary, details }: CliCommand): string {
  const sentence = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
  return details === undefined ? sentence : `${sentence} ${details}`;
}

function helpTail({ examples }: CliCommand): string {
  const width = Math.max(...examples.map(({ words }) => words.length));
  const lines = examples.map(({ words, does }) => `  lab ${words.padEnd(width)}  # ${does}`);
  return [say`Examples:`, ...lines, `\n${say`Options of every command: lab --help`}`].join('\n');
}

interface Page {
  readonly usage: string;
  readonly description: string;
  readonly sections: readonly Section[];
  readonly end: string;
  readonly width: number;
}

function page({ usage, description, sections, end, width }: Page): string {
  const filled = sections.filter(({ items }) => items.length > 0);
  const column = Math.max(...filled.flatMap(({ items }) => items.map(([term]) => term.length)));
  const parts = filled.map(({ heading, items }) =>
    [heading, ...items.map((item) => itemText(item, column, width))].join('\n'),
  );
  return `${[say`Usage: ${usage}`, broken(description, width).join('\n'), ...parts, end].join('\n\n')}\n`;
}

function itemText([term, description]: Item, column: number, width: number): string {
  const indent = column + 4;
  return `  ${term.padEnd(column)}  ${broken(description, width - indent).join(`\n${' '.repeat(indent)}`)}`;
}

/** A space at which a line may end: French sets marks like `:` and `«` apart, which stay with their words. */
const LINE_END = /(?<!«) (?![:;?!»])/;

/** Breaks a text between its words, into lines of at most `width` columns. */
function broken(text: string, width: number): string[] {
  if (width < LEAST_WIDTH) return [text];
  const lines: string[] = [];
  for (const word of text.split(LINE_END)) {
    const line = lines.at(-1);
    if (line === undefined || line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}
