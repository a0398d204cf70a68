/** The words of a command line, and apart from them the command that a machine is to run. */
export interface SplitArguments {
  readonly words: readonly string[];
  /** Words of the command for a machine; undefined when none was given. */
  readonly remote: readonly string[] | undefined;
}

/** Options that stand before the command's name and take a value. */
const globalsWithValue: ReadonlySet<string> = new Set(['-f', '--file', '--provider', '--name']);

/**
 * Takes the command for a machine out of the arguments before they are parsed, so that its options are never taken for ours: all that follows `--`
 * with `exec`, and all that follows the machine's name with `ssh`, as with ssh(1). The words of any other command stay as they are.
 */
export function splitArguments(argv: readonly string[]): SplitArguments {
  const [nameAt = -1, machineAt = -1] = operandPositions(argv);
  if (argv[nameAt] === 'exec') return splitAt(argv, argv.indexOf('--', nameAt));
  if (argv[nameAt] === 'ssh' && machineAt >= 0)
    return splitAt(argv, machineAt + 1, argv[machineAt + 1] === '--' ? 1 : 0);
  return { words: argv, remote: undefined };
}

function splitAt(argv: readonly string[], index: number, skipped = 1): SplitArguments {
  if (index < 0) return { words: argv, remote: undefined };
  const remote = argv.slice(index + skipped);
  return { words: argv.slice(0, index), remote: remote.length > 0 ? remote : undefined };
}

/** Where the words stand that are neither options nor their values: first the command's name, then its arguments. */
function operandPositions(argv: readonly string[]): number[] {
  const positions: number[] = [];
  for (let index = 0; index < argv.length && argv[index] !== '--'; index++) {
    const word = argv[index] ?? '';
    if (globalsWithValue.has(word)) index++;
    else if (!word.startsWith('-') || word === '-') positions.push(index);
  }
  return positions;
}
