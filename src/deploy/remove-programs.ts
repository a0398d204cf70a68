import { EnvironmentError } from '../core/errors.ts';
import { scriptFile } from '../core/files/script-file.ts';
import { toolWords } from '../core/text/tool-words.ts';
import { say } from '../core/language/say.ts';
import type { Shell } from '../ssh/shell.ts';

const removeScript = scriptFile(
  new URL('deploy-head.sh', import.meta.url),
  new URL('remove-programs.sh', import.meta.url),
);

/** It looks at each file once more and deletes it. */
const REMOVE_TIMEOUT_MS = 60_000;

/**
 * Takes back all that was deployed to a machine for one lab: files that are as we left them, and with the last lab of
 * the account also what is kept for all of them. What the user edited or added stays. One round trip; safe when nothing
 * is there.
 *
 * @returns what stays, as sentences.
 * @throws {EnvironmentError} when something cannot be removed, with the machine's words.
 * @throws {ConnectionError}
 */
export async function removePrograms(shell: Shell, labName: string, signal: AbortSignal): Promise<string[]> {
  const result = await shell.exec(
    { script: removeScript(), args: [labName] },
    { signal, timeoutMs: REMOVE_TIMEOUT_MS },
  );
  const lines = result.stdout.split('\n').map((line) => line.split('\t'));
  if (!lines.some(([kind]) => kind === 'end')) {
    throw new EnvironmentError(say`${shell.machine}: what the lab put there cannot be removed`, {
      code: 'remove-failed',
      detail: toolWords(result.stderr) || say`exit status ${result.exitCode ?? result.signal ?? ''}`,
      hint: say`Look at it: lab ssh ${shell.machine} ls -la lab .lab`,
    });
  }
  return lines
    .filter(([kind]) => kind === 'stays')
    .map(([, path = '']) => say`~/${path} stays: it is not as lab left it, or lab did not put it there`);
}
