import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_USER } from '../../../src/lab/defaults.ts';
import type { Machine, SshAccess } from '../../../src/lab/types.ts';
import type { Questions } from '../../../src/providers/provider.ts';
import { reach, Tunnels } from '../../../src/providers/ssh/reach-server.ts';
import { resolveRoute } from '../../../src/providers/ssh/route/resolve-route.ts';
import type { Shell } from '../../../src/ssh/shell.ts';
import type { TestSshd } from './sshd.ts';

/** Somebody who has a machine, an OpenSSH configuration and a `.lab` folder, all in one temporary folder. */
export interface SshUser extends AsyncDisposable {
  readonly folder: string;
  /** The user's own, which lab only reads. */
  readonly knownHostsFile: string;
  /** Ours. */
  readonly ownKnownHosts: string;
  /** Everything that was asked, with what was answered. */
  readonly asked: string[];
  /** Connects to `vm1` as its `ssh` in lab.yaml and the user's configuration say; closed at the end. */
  reach(ssh: Partial<SshAccess>, options?: { readonly acceptNewHostKeys?: boolean }): Promise<Shell>;
}

export interface SshUserOptions {
  /** Text of the user's ssh_config(5). `FOLDER` stands for the temporary folder. */
  readonly config?: string;
  readonly knownHosts?: string;
  /** Private keys by file name. */
  readonly keys?: Readonly<Record<string, string>>;
  /** Answers to questions that match; without, nobody can be asked. */
  readonly answers?: readonly (readonly [question: RegExp, answer: string | boolean | undefined])[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Sets the environment of this process until the end of the test: tests of one file that use it must not run side by side. */
export function sshUser({ config = '', knownHosts = '', keys = {}, answers, env = {} }: SshUserOptions = {}): SshUser {
  const folder = mkdtempSync(join(tmpdir(), 'lab-ssh-user-'));
  const knownHostsFile = join(folder, 'user_known_hosts');
  writeFileSync(knownHostsFile, knownHosts);
  for (const [name, text] of Object.entries(keys)) writeFileSync(join(folder, name), text, { mode: 0o600 });
  // What the tests do not say must not come from the home folder of whoever runs them.
  const defaults = `Host *\n  UserKnownHostsFile ${knownHostsFile}\n  GlobalKnownHostsFile none\n  IdentityFile ${folder}/no-such-key\n  IdentityAgent none\n`;
  writeFileSync(join(folder, 'config'), `${config.replaceAll('FOLDER', folder)}\n${defaults}`);
  const restore = setEnvironment({ LAB_SSH_CONFIG: join(folder, 'config'), ...env });
  const asked: string[] = [];
  const tunnels = new Tunnels();
  const shells: Shell[] = [];
  return {
    folder,
    knownHostsFile,
    asked,
    ownKnownHosts: join(folder, 'known_hosts'),
    async reach(ssh, { acceptNewHostKeys = false } = {}) {
      const login = { questions: answers && questionsOf(answers, asked), acceptNewHostKeys };
      const shell = await reach('vm1', await resolveRoute(machineWith(ssh)), { stateFolder: folder, login, tunnels });
      shells.push(shell);
      return shell;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(shells.map((shell) => shell.close()));
      restore();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Its address, as `ssh` of lab.yaml; the default user and no key. */
export function accessTo(server: TestSshd): { readonly host: string; readonly port: number; readonly user: string } {
  if (!('port' in server.address)) throw new Error('this server has no address');
  return { ...server.address, user: server.user };
}

/** A line of known_hosts for a server. */
export function knownLine(server: TestSshd, key = server.hostKey.publicKey): string {
  const { host, port } = accessTo(server);
  return `[${host}]:${port} ${key}\n`;
}

/** A machine of lab.yaml that is reached so; its `user` is not written. */
export function machineWith(ssh: Partial<SshAccess>): Machine {
  return {
    name: 'vm1',
    image: 'any',
    user: DEFAULT_USER,
    interfaces: [],
    memoryMiB: undefined,
    cpus: undefined,
    diskMiB: undefined,
    ssh: { host: undefined, port: undefined, user: undefined, key: undefined, ...ssh },
  };
}

function questionsOf(answers: NonNullable<SshUserOptions['answers']>, asked: string[]): Questions {
  const left = [...answers];
  const reply = (question: string): string | boolean | undefined => {
    const index = left.findIndex(([pattern]) => pattern.test(question));
    if (index < 0) throw new Error(`nobody expected to be asked: ${question}`);
    const [[, answer]] = left.splice(index, 1) as [readonly [RegExp, string | boolean | undefined]];
    asked.push(question);
    return answer;
  };
  return {
    confirm: async (question) => reply(question) === true,
    answer: async (question) => reply(question) as string | undefined,
  };
}

function setEnvironment(values: Readonly<Record<string, string>>): () => void {
  const before = Object.keys(values).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, values);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}
