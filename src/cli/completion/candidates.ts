import { resolve } from 'node:path';
import type { CommandContext } from '../../session/context.ts';
import {
  commandSpecs,
  globalOptions,
  visibleCommands,
  type CommandSpec,
  type Completion,
  type OptionSpec,
} from '../spec.ts';

/** One word that a shell may offer. */
export interface Candidate {
  readonly word: string;
  readonly description: string;
}

export interface Candidates {
  readonly candidates: readonly Candidate[];
  /** Names of files here may follow, too. */
  readonly files: boolean;
}

const nothing: Candidates = { candidates: [], files: false };

/** What may stand in place of the last of `words`, which are all that was typed after `lab`. Never fails: a shell has no place for an error. */
export async function candidatesFor(context: CommandContext, words: readonly string[]): Promise<Candidates> {
  const current = words.at(-1) ?? '';
  const { spec, operands, pending, ended, file } = readBefore(words.slice(0, -1));
  const labFile = file === undefined ? context.labFile : resolve(context.cwd, file);
  const found = ended ? nothing : await offer({ ...context, labFile }, current, spec, operands, pending);
  return { ...found, candidates: found.candidates.filter(({ word }) => word.startsWith(current)) };
}

async function offer(
  context: CommandContext,
  current: string,
  spec: CommandSpec | undefined,
  operands: readonly string[],
  pending: OptionSpec | undefined,
): Promise<Candidates> {
  if (pending !== undefined) return complete(context, pending.completion);
  if (current.startsWith('-'))
    return { candidates: [...(spec?.options ?? []), ...globalOptions].flatMap(flagCandidates), files: false };
  if (spec === undefined)
    return {
      candidates: visibleCommands().map(({ name, summary }) => ({ word: name, description: summary })),
      files: false,
    };
  const wanted = (spec.arguments ?? []).filter(({ syntax }) => !syntax.startsWith('--'));
  const repeated = wanted.at(-1)?.syntax.includes('...') ? wanted.at(-1) : undefined;
  const argument = wanted[operands.length] ?? repeated;
  const { candidates, files } = await complete(context, argument?.completion);
  return { files, candidates: candidates.filter(({ word }) => !operands.includes(word)) };
}

interface Before {
  readonly spec: CommandSpec | undefined;
  /** Arguments of the command so far. */
  readonly operands: readonly string[];
  /** An option whose value comes next. */
  readonly pending: OptionSpec | undefined;
  /** What follows is a command for a machine, of which we know nothing. */
  readonly ended: boolean;
  readonly file: string | undefined;
}

/** What the words before the cursor say. */
function readBefore(words: readonly string[]): Before {
  let spec: CommandSpec | undefined;
  let pending: OptionSpec | undefined;
  let file: string | undefined;
  const operands: string[] = [];
  for (const word of words) {
    if (pending !== undefined) {
      if (pending.flags.includes('--file')) file = word;
      pending = undefined;
    } else if (word.startsWith('-')) {
      pending = [...(spec?.options ?? []), ...globalOptions].find(
        ({ flags }) => flags.includes('<') && flagsOf(flags).includes(word),
      );
    } else if (spec === undefined) {
      spec = commandSpecs.find(({ name }) => name === word);
    } else {
      operands.push(word);
    }
  }
  const ended = words.includes('--') || (spec?.name === 'ssh' && operands.length > 0);
  return { spec, operands, pending, ended, file };
}

/** The candidates of one kind. */
async function complete(context: CommandContext, kind: Completion | undefined): Promise<Candidates> {
  switch (kind) {
    case 'file':
      return { candidates: [], files: true };
    case 'shell':
      return listed(['bash', 'zsh', 'fish'], 'shell');
    case 'template':
      return listed((await import('../../lab/templates/template.ts')).labTemplates, 'template');
    case 'provider':
      return listed(context.providers.names, 'provider');
    case 'language':
      return listed((await import('../../report/language/language.ts')).languageNames, 'language');
    case 'report-format':
      return listed(['html', 'md', 'json', 'junit'], 'format');
    case 'graph-format':
      return listed(['text', 'svg', 'mermaid'], 'format');
    case 'run':
      return listed(await (await import('../../commands/runs/logs.ts')).runNames(context), 'run');
    case 'machine':
    case 'machine-path':
    case 'program':
    case 'scenario':
      return labCandidates(context, kind);
    case undefined:
    default:
      return nothing;
  }
}

async function labCandidates(
  context: CommandContext,
  kind: 'machine' | 'machine-path' | 'program' | 'scenario',
): Promise<Candidates> {
  const { labNames } = await import('../../session/lab-names.ts');
  const { machines, programs, scenarios } = await labNames(context);
  if (kind === 'machine-path')
    return {
      ...listed(
        machines.map((name) => `${name}:`),
        'path on a machine',
      ),
      files: true,
    };
  return listed({ machine: machines, program: programs, scenario: scenarios }[kind], kind);
}

function listed(words: readonly string[], description: string): Candidates {
  return { candidates: words.map((word) => ({ word, description })), files: false };
}

function flagCandidates({ flags, description }: OptionSpec): Candidate[] {
  return flagsOf(flags)
    .filter((flag) => flag.startsWith('--'))
    .map((word) => ({ word, description }));
}

/** `-f, --file <path>` → `-f`, `--file`. */
function flagsOf(flags: string): string[] {
  return flags.replace(/ <.*/, '').split(', ');
}
