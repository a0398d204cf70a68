import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** An ssh-agent(1) of its own, at a socket in `folder`. */
export interface SshAgent extends Disposable {
  readonly socket: string;
  add(privateKey: string): void;
}

/** Starts an agent; `using` ends it. */
export async function startSshAgent(folder: string): Promise<SshAgent> {
  const socket = join(folder, 'agent');
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] });
  // It says where it is when it listens; the name of the socket is there before.
  await once(agent.stdout, 'data', { signal: AbortSignal.timeout(20_000) });
  agent.stdout.resume();
  return {
    socket,
    add: (privateKey) =>
      execFileSync('ssh-add', ['-q', '-'], {
        input: privateKey,
        env: { ...process.env, SSH_AUTH_SOCK: socket },
        stdio: ['pipe', 'ignore', 'ignore'],
      }),
    [Symbol.dispose]: () => void agent.kill(),
  };
}
