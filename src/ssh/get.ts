import { EnvironmentError } from '../core/errors.ts';
import { OutputCollector } from './output-collector.ts';
import { execLine } from './remote-command.ts';
import type { Session } from './session.ts';
import type { Sessions } from './sessions.ts';

const maxMessageBytes = 4096;

/** Reads a file. See `Shell.get`. */
export async function* getFile(sessions: Sessions, path: string): AsyncGenerator<Uint8Array, void, undefined> {
  const session = await sessions.open(execLine({ script: 'LC_ALL=C exec cat -- "$1"', args: [path] }));
  session.channel.end();
  try {
    await Promise.all([session.identify(), session.skipNoise()]);
    const message = collect(session);
    yield* session.read('stdout');
    const { exitCode } = await session.exit;
    if (exitCode !== 0) throw getFailure(sessions.connection.machine, path, await message);
  } finally {
    // A reader that stops early leaves `cat` writing to nobody; it ends by SIGPIPE.
    session.abandon();
  }
}

async function collect(session: Session): Promise<string> {
  const message = new OutputCollector(maxMessageBytes);
  for await (const chunk of session.read('stderr')) message.add(chunk);
  return message.text().trim();
}

function getFailure(machine: string, path: string, message: string): EnvironmentError {
  const known = /(No such file or directory|Permission denied|Is a directory)/.exec(message)?.[1];
  return new EnvironmentError(`${machine}: ${path} cannot be read: ${known ?? (message || 'cat failed')}`, {
    code: known === 'No such file or directory' ? 'remote-file-missing' : 'get-failed',
    hint: `\`ls -l\` on ${machine} shows what is there.`,
  });
}
