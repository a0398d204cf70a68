import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import type { CommandContext } from '../../src/session/context.ts';
import { allProviders } from '../../src/providers/registry.ts';
import type { EventBody } from '../../src/core/events.ts';

/** A context for a command that runs in the test's own process, and what came of it. */
export interface TestContext {
  readonly context: CommandContext;
  readonly events: EventBody[];
  /** What was asked. */
  readonly questions: string[];
  /** All that was written to the streams; they take nothing more. */
  readonly written: () => Promise<{ readonly stdout: string; readonly stderr: string }>;
}

export interface TestContextOptions {
  /** Answers every question; without, there is no terminal to ask on. */
  readonly answer?: boolean;
  readonly signal?: AbortSignal;
  /** Standard input; without, it is empty. */
  readonly input?: string;
  /** Somebody sits at a terminal and types the input. */
  readonly isTTY?: boolean;
}

/** The context of a user who stands in `folder`. */
export function testContext(
  folder: string,
  { answer, signal = new AbortController().signal, input = '', isTTY = false }: TestContextOptions = {},
): TestContext {
  const events: EventBody[] = [];
  const questions: string[] = [];
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const contents = Promise.all([text(stdout), text(stderr)]);
  stdin.end(input);
  const confirm = async (question: string): Promise<boolean> => {
    questions.push(question);
    return answer === true;
  };
  return {
    context: {
      cwd: folder,
      labFile: join(folder, 'lab.yaml'),
      overrides: {},
      providers: allProviders,
      events: { emit: (event) => void events.push(event) },
      signal,
      terminal: {
        stdin: Object.assign(stdin, { isTTY }),
        stdout,
        stderr,
        confirm: answer === undefined ? undefined : confirm,
      },
    },
    events,
    questions,
    async written() {
      stdout.end();
      stderr.end();
      const [out, err] = await contents;
      return { stdout: out, stderr: err };
    },
  };
}
