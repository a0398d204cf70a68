import type { ToolOutput } from '../core/lab-description.ts';
import { messageOf } from '../core/errors.ts';
import { scriptFile } from '../core/files/script-file.ts';
import { say } from '../core/language/say.ts';
import type { Shell } from '../ssh/shell.ts';
import { SECTION_MARK } from './facts.ts';
import type { LookOptions } from './look-options.ts';

/** Lines and characters of a tool's output that are kept: a busy machine has thousands of connections. */
const MOST_LINES = 60;
const MOST_CHARACTERS = 8000;

const LOOK_TIMEOUT_MS = 5000;

const showScript = scriptFile(new URL('show-port.sh', import.meta.url));

/**
 * What a person who types the commands of the practical on this machine sees, for the report. None where the machine
 * has neither tool, or does not answer in time: nothing is decided by this, so it never fails.
 */
export async function showPort(
  shell: Shell,
  port: number,
  { signal }: LookOptions = {},
): Promise<readonly ToolOutput[]> {
  try {
    const { stdout } = await shell.exec(
      { script: showScript(), args: [String(port), SECTION_MARK] },
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
  const output = [...lines.slice(0, MOST_LINES), ...(left > 0 ? [say`… ${left} more lines`] : [])].join('\n');
  return { command, output: output.length > MOST_CHARACTERS ? `${output.slice(0, MOST_CHARACTERS)}…` : output };
}
