import type { ToolOutput } from '../core/lab-description.ts';
import { messageOf } from '../core/errors.ts';
import type { Shell } from '../ssh/shell.ts';
import { SECTION_MARK } from './remote-scripts.ts';
import type { LookOptions } from './inspect-port.ts';

/** Lines and characters of a tool's output that are kept: a busy machine has thousands of connections. */
const MOST_LINES = 60;
const MOST_CHARACTERS = 8000;

const LOOK_TIMEOUT_MS = 5000;

/**
 * What the two commands of the practical print: `netstat -an` (its Internet part; what follows on Unix sockets has nothing to do with ports) and
 * `sudo lsof -i :PORT`. `sudo` only where it asks for nothing. Prints a mark, the command and its output, for each that is installed.
 */
const SHOW_SCRIPT = String.raw`
LC_ALL=C; PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; export LC_ALL PATH
mark=${SECTION_MARK}
if command -v netstat >/dev/null; then
  printf '%s\n' "$mark"'netstat -an'
  netstat -an 2>&1 | sed '/^Active UNIX/,$d'
fi
if command -v lsof >/dev/null; then
  if [ "$(id -u)" != 0 ] && sudo -n true 2>/dev/null; then
    printf '%s\n' "$mark""sudo lsof -i :$1"; sudo -n lsof -i ":$1" 2>&1
  else
    printf '%s\n' "$mark""lsof -i :$1"; lsof -i ":$1" 2>&1
  fi
fi
exit 0
`;

/**
 * What a person who types the commands of the practical on this machine sees, for the report. None where the machine has neither tool, or does not answer in
 * time: nothing is decided by this, so it never fails.
 */
export async function showPort(
  shell: Shell,
  port: number,
  { signal }: LookOptions = {},
): Promise<readonly ToolOutput[]> {
  try {
    const { stdout } = await shell.exec(
      { script: SHOW_SCRIPT, args: [String(port)] },
      { timeoutMs: LOOK_TIMEOUT_MS, signal },
    );
    return stdout.split(SECTION_MARK).slice(1).map(toolOutput);
  } catch (error) {
    return [{ command: `netstat -an; lsof -i :${port}`, output: messageOf(error) }];
  }
}

function toolOutput(section: string): ToolOutput {
  const [command = '', ...lines] = section.trimEnd().split('\n');
  const left = lines.length - MOST_LINES;
  const output = [...lines.slice(0, MOST_LINES), ...(left > 0 ? [`… ${left} more lines`] : [])].join('\n');
  return { command, output: output.length > MOST_CHARACTERS ? `${output.slice(0, MOST_CHARACTERS)}…` : output };
}
