import { EnvironmentError } from '../../../core/errors.ts';
import { say } from '../../../core/language/say.ts';
import { runLocal } from '../../../host/run-local.ts';
import { findTool } from '../../../host/tools.ts';
import { readProgram, type BpfProgram } from '../switch/bpf.ts';
import { LARGEST_FRAME } from '../switch/frames.ts';
import { pcapHeader } from '../switch/pcap-stream.ts';

/** It takes 10 ms; a name in it that is no machine's is looked up. */
const COMPILE_TIMEOUT_MS = 10_000;

/** A filter as the switch runs it; or what tcpdump(8) says against it, and its exit status. */
export type CompiledFilter =
  { readonly program: BpfProgram } | { readonly complaint: string; readonly exitCode: number };

/**
 * Has tcpdump(8) of this host compile an expression of pcap-filter(7) for Ethernet. It reads an empty file, so it needs
 * no right to capture.
 *
 * @throws {EnvironmentError} when this host has no tcpdump, or it does not answer.
 */
export async function compileFilter(filter: string, signal: AbortSignal): Promise<CompiledFilter> {
  const tool = findTool('tcpdump');
  if (tool === undefined)
    throw new EnvironmentError(say`this host has no tcpdump, which reads the filter ("lab doctor --fix" gets it)`, {
      code: 'no-tcpdump',
    });
  const { exitCode, stdout, stderr } = await runLocal([tool.path, '-n', '-r', '-', '-ddd', '--', filter], {
    env: { ...tool.env, LC_ALL: 'C' },
    input: pcapHeader(LARGEST_FRAME),
    timeoutMs: COMPILE_TIMEOUT_MS,
    signal,
  });
  const program = exitCode === 0 ? readProgram(stdout) : undefined;
  if (program !== undefined) return { program };
  if (exitCode === 0 || exitCode === undefined)
    throw new EnvironmentError(say`tcpdump of this host does not compile the filter`, {
      code: 'capture-failed',
      detail: stderr,
    });
  return { complaint: stderr.endsWith('\n') ? stderr : `${stderr}\n`, exitCode };
}
