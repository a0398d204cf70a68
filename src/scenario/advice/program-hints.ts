import { basename } from 'node:path/posix';
import type { ProgramHint } from '../../core/program-hint.ts';
import type { ProgramStatus } from '../../core/step-problem.ts';
import type { Program } from '../../lab/types.ts';

/** A program that has ended, and what is known of it. */
export interface EndedProgram {
  readonly program: Pick<Program, 'name' | 'command' | 'files' | 'listens'>;
  readonly machine: string;
  readonly status: ProgramStatus;
  /** The last lines of its terminal; 40 will do. */
  readonly lines: readonly string[];
  /** Its account may become root. */
  readonly hasSudo: boolean;
  /** Finds a file or folder of the lab by its name: its path from the lab's folder. */
  readonly find: (name: string) => string | undefined;
}

/** Its last words: the lines without what only says where in the program that was. */
interface LastWords extends EndedProgram {
  /** The last line that says something. */
  readonly last: string;
  /** All of them, joined. */
  readonly text: string;
}

/** What stands below the message of an error: stacks of Java, JavaScript and Perl, and the farewell of Node. */
const stackLine = new RegExp(
  `^\\s*(?:${[
    String.raw`at .*`,
    String.raw`\.\.\. \d+ more`,
    String.raw`Node\.js v\d.*`,
    String.raw`[{}\]]`,
    String.raw`(?:code|errno|syscall|address|port|requireStack|url): .*`,
    String.raw`Require stack:|- \/.*|Emitted '.*' event .*`,
    String.raw`(?:BEGIN failed|Compilation failed in require).*`,
    String.raw`or no headful library support was found,|but this program performed an operation which requires it\.`,
  ].join('|')})?\\s*$`,
);

/**
 * What a program that ended says by its last words, and what to do about it; undefined when they are not understood.
 * Pure: one row a kind of mistake, the first that fits counts. Each row looks at the end of the output only, so that an
 * error that the program got over is not taken for its end.
 */
export function programHint(ended: EndedProgram): ProgramHint | undefined {
  if (ended.status.exitCode === 0) return undefined;
  const lines = ended.lines.toReversed();
  const first = lines.findIndex((line) => !stackLine.test(line));
  if (first === -1) return undefined;
  const words = { ...ended, last: lines[first]!.trim(), text: ended.lines.join('\n') };
  for (const row of table) {
    const hint = row(words);
    if (hint !== undefined) return hint;
  }
  return undefined;
}

/** Commands that do the same under another name, best first; undefined when the program found its command. */
export function otherNames({ program: { command }, status }: Pick<EndedProgram, 'program' | 'status'>): string[] {
  const [name = ''] = command;
  const family = /^(py|python|nodejs|node|pip|g\+\+|gcc|clang)[\d.]*$/.exec(name)?.[1];
  if (status.exitCode !== COMMAND_NOT_FOUND || family === undefined) return [];
  return (families[family] ?? []).filter((other) => other !== name);
}

/** POSIX, Shell Command Language, 2.8.2. */
const COMMAND_NOT_FOUND = 127;
const CANNOT_EXECUTE = 126;
const FIRST_FREE_PORT = 1024;

const families: Readonly<Record<string, readonly string[]>> = {
  py: ['python3', 'python'],
  python: ['python3', 'python'],
  nodejs: ['node'],
  node: ['nodejs'],
  pip: ['pip3'],
  'g++': ['g++', 'c++'],
  gcc: ['gcc', 'cc'],
  clang: ['clang', 'cc'],
};

const table: readonly ((words: LastWords) => ProgramHint | undefined)[] = [
  windowsLineEnds,
  notExecutable,
  firstLine,
  fileUnsent,
  pythonModule,
  nodeModule,
  perlModule,
  javaClass,
  lowPort,
  noDisplay,
  python2,
];

/**
 * env(1) and the kernel quote the carriage return; on a terminal it takes the cursor back, and what Bash says after it
 * stands at the beginning of the line.
 */
const CARRIAGE_RETURN =
  /\\r[’'"]*: No such file|\^M: bad interpreter|\$'\\r': command not found|^': not a valid identifier|^: (?:command )?not found/m;

function windowsLineEnds({ program, status, text }: LastWords): ProgramHint | undefined {
  if (!CARRIAGE_RETURN.test(text) || status.exitCode === 0) return undefined;
  const names = new Set(program.files.map((file) => basename(file)));
  const file = program.command.map((word) => basename(word)).find((word) => names.has(word));
  return file === undefined ? undefined : { kind: 'windows-line-ends', file };
}

function notExecutable({ program: { command }, status, last }: LastWords): ProgramHint | undefined {
  const [first = ''] = command;
  const isRefused = status.exitCode === CANNOT_EXECUTE && /permission denied/i.test(last);
  return isRefused && first.includes('/') ? { kind: 'not-executable', file: basename(first) } : undefined;
}

/** env(1) names what it looked for, and Bash the path in the line; other shells say that the script is not there. */
const unfoundInterpreters: readonly RegExp[] = [
  /^\S*env: (?:can't execute )?[‘'"]?([\w.+-]+)[’'"]?: No such file/,
  /: (\S+): bad interpreter: No such file/,
];

function firstLine({ program, machine, status, last }: LastWords): ProgramHint | undefined {
  const [first = ''] = program.command;
  const isSent = program.files.some((file) => basename(file) === basename(first));
  const isUnfound = status.exitCode === COMMAND_NOT_FOUND || status.exitCode === CANNOT_EXECUTE;
  if (!isSent || !isUnfound || !first.includes('/')) return undefined;
  const interpreter = unfoundInterpreters.map((pattern) => pattern.exec(last)?.[1]).find((found) => found);
  const isUnstarted = [`${first}: not found`, `${first}: cannot execute: required file not found`].some((words) =>
    last.endsWith(words),
  );
  if (interpreter === undefined && !isUnstarted) return undefined;
  return { kind: 'first-line', machine, file: basename(first), ...(interpreter !== undefined && { interpreter }) };
}

/** What interpreters say of a program or module of the user's own that is not there; the first group is its path. */
const unfoundFiles: readonly RegExp[] = [
  /can't open file '([^']+)': \[Errno 2\]/,
  /Cannot find (?:module|package) '((?:\.{0,2}\/)[^']+)'/,
  /Can't open perl script "([^"]+)"/,
  /Could not open input file: (\S+)/,
  /^error: file not found: (\S+)/,
  /^(?:\/bin\/)?(?:ba|da)?sh: (?:\d+: (?:cannot open )?|)([^\s:]+): No such file/,
];

function fileUnsent({ program, last, find }: LastWords): ProgramHint | undefined {
  const path = unfoundFiles.map((pattern) => pattern.exec(last)?.[1]).find((found) => found !== undefined);
  if (path === undefined) return undefined;
  return unsent(program.name, find, [basename(path), `${basename(path)}.js`, `${basename(path)}.mjs`]);
}

function unsent(role: string, find: EndedProgram['find'], names: readonly string[]): ProgramHint | undefined {
  const file = names.map((name) => find(name)).find((found) => found !== undefined);
  return file === undefined ? undefined : { kind: 'file-unsent', role, file };
}

function pythonModule({ program, machine, last, find }: LastWords): ProgramHint | undefined {
  const whole = /^(?:ModuleNotFoundError|ImportError): No module named '?([\w.]+)'?/.exec(last)?.[1];
  if (whole === undefined) return undefined;
  const module = whole.split('.')[0]!;
  return (
    unsent(program.name, find, [`${module}.py`, module]) ?? {
      kind: 'module-missing',
      language: 'python',
      machine,
      module,
    }
  );
}

function nodeModule({ machine, text, last }: LastWords): ProgramHint | undefined {
  const [, module = ''] = /^(?:.*Error[^:]*: )?Cannot find (?:module|package) '([^'./][^']*)'/.exec(last) ?? [];
  if (module === '' || !/^Node\.js v/m.test(text)) return undefined;
  return { kind: 'module-missing', language: 'node', machine, module };
}

function perlModule({ program, machine, last, find }: LastWords): ProgramHint | undefined {
  const path = /^Can't locate (\S+\.pm) in @INC/.exec(last)?.[1];
  if (path === undefined) return undefined;
  const module = path.slice(0, -'.pm'.length).replaceAll('/', '::');
  return unsent(program.name, find, [basename(path)]) ?? { kind: 'module-missing', language: 'perl', machine, module };
}

function javaClass({ program, text }: LastWords): ProgramHint | undefined {
  const name = /^Error: Could not find or load main class (\S+)/m.exec(text)?.[1];
  return name === undefined || program.command[0] !== 'java'
    ? undefined
    : { kind: 'class-missing', role: program.name, name };
}

/** bind(2) refused: in the words of Python, Node, Java, and of C, Perl, Go and nc after perror(3). */
const refusedBinds: readonly RegExp[] = [
  /^PermissionError: \[Errno 13\] (?:error while attempting to bind .*: )?permission denied$/i,
  /listen EACCES: permission denied \S*?:(\d+)$/,
  /(?:BindException|SocketException): Permission denied/,
  /\bbind\b.*: ?permission denied/i,
  /^nc: permission denied/i,
];

function lowPort({ program: { command, listens }, hasSudo, last }: LastWords): ProgramHint | undefined {
  const match = refusedBinds.map((pattern) => pattern.exec(last)).find((found) => found !== null);
  const [word = ''] = command;
  if (match === undefined || word === 'sudo') return undefined;
  const port = match[1] === undefined ? Math.min(...listens.map(({ port: number }) => number)) : Number(match[1]);
  if (!(port < FIRST_FREE_PORT)) return undefined;
  return { kind: 'low-port', port, ...(hasSudo && { command: word }) };
}

/** Tk, pygame, Java, GTK, Qt and X. */
const NO_DISPLAY =
  /no display name and no \$DISPLAY|pygame\.error: (?:No available video device|.*video system not initialized)|java\.awt\.(?:HeadlessException|AWTError: Can't connect to X11)|(?:cannot|can't|couldn't|could not) (?:open|connect to) display|no display specified|No X11 DISPLAY variable/i;

function noDisplay({ last }: LastWords): ProgramHint | undefined {
  return NO_DISPLAY.test(last) ? { kind: 'no-display' } : undefined;
}

const PYTHON_2 =
  /^SyntaxError: Missing parentheses in call to '(?:print|exec)'|^NameError: name '(?:raw_input|unicode|xrange)' is not defined|^SyntaxError: multiple exception types must be parenthesized/;

function python2({ last }: LastWords): ProgramHint | undefined {
  return PYTHON_2.test(last) ? { kind: 'python-2' } : undefined;
}
