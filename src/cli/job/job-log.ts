import { fstatSync } from 'node:fs';
import { ciJob } from '../../host/situation/ci-job.ts';
import { isJobLog } from '../../host/situation/job-log.ts';
import { annotationLine, type Annotation } from './annotation.ts';
import { CommandBreaker } from './command-breaker.ts';

/** Writes to the runner of the job; undefined where there is none that understands it. */
let speak: ((lines: string) => void) | undefined;

/**
 * In a job of GitHub Actions, the runner reads commands for itself from the log of the step. From now on nothing that
 * this process writes there is one, wherever it comes from (a program of the lab, a message, a name), but for the
 * annotations, which go to standard error. What is written into a file, `$(…)` or another program passes unchanged.
 */
export function guardJobLog(): void {
  if (ciJob()?.service !== 'github') return;
  const { stdout, stderr } = process;
  const breaker = new CommandBreaker();
  const original = stderr.write.bind(stderr);
  if (isJobLog(1)) guard(stdout, sharePipe() ? breaker : new CommandBreaker());
  if (isJobLog(2)) guard(stderr, breaker);
  speak = (lines) => {
    original(`${breaker.atLineStart ? '' : '\n'}${lines}`);
    breaker.atLineStart = true;
  };
}

/** Tells the service of the job, where it understands that. */
export function annotate(annotations: readonly Annotation[]): void {
  if (annotations.length > 0) speak?.(annotations.map((annotation) => `${annotationLine(annotation)}\n`).join(''));
}

/** As with `2>&1`: then a line may begin on one stream and go on on the other. */
function sharePipe(): boolean {
  const [out, err] = [fstatSync(1), fstatSync(2)];
  return out.dev === err.dev && out.ino === err.ino;
}

function guard(stream: NodeJS.WriteStream, breaker: CommandBreaker): void {
  const write = stream.write.bind(stream) as (chunk: Uint8Array, ...more: unknown[]) => boolean;
  const guarded = (chunk: string | Uint8Array, ...more: unknown[]): boolean => {
    const [encoding, ...rest] = typeof more[0] === 'string' ? more : [undefined, ...more];
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding as BufferEncoding | undefined) : chunk;
    return write(breaker.take(bytes), ...rest);
  };
  stream.write = guarded;
}
