import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { retryUntil } from '../../../src/core/time/retry.ts';
import { quoteCommand } from '../../../src/core/text/shell-quote.ts';
import { fingerprint, parseHostKey } from '../../../src/ssh/trust/host-key.ts';
import { currentUser, repository, type LabUser } from '../../helpers/lab-command.ts';
import { laySshPractical } from '../../helpers/ssh/ssh-lab.ts';
import { makeSshMachines, sudoWithPassword } from '../../helpers/ssh/ssh-machines.ts';
import { without } from '../../helpers/tools.ts';

const cannot = process.getuid?.() === 0 ? without('script') : 'making the machines needs root';

/** `lab` on a terminal of its own, with somebody who answers what is shown. */
class Terminal {
  shown = '';
  readonly #child;
  #read = 0;

  constructor(user: LabUser, words: readonly string[]) {
    this.#child = user.command(
      ['script', '-qec', quoteCommand([join(repository, 'scripts/lab'), ...words]), '/dev/null'],
      'pipe',
    );
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.shown += chunk.toString()));
  }

  /** Waits until that is shown after what was answered last, then types a line. */
  async answer(expected: RegExp, line: string): Promise<void> {
    await retryUntil(
      () => {
        const match = expected.exec(this.shown.slice(this.#read));
        return match === null ? { seen: this.shown } : { value: (this.#read += match.index + match[0].length) };
      },
      { what: String(expected), timeoutMs: 15_000 },
    );
    this.#child.stdin?.write(`${line}\r`);
  }

  /** Answers as many questions, in whatever order they come, with the next of the lines for each kind of question. */
  async answerAll(lines: readonly (readonly [question: RegExp, lines: string[]])[]): Promise<void> {
    for (let left = lines.reduce((sum, [, those]) => sum + those.length, 0); left > 0; left--) {
      const any = new RegExp(lines.map(([{ source }]) => `(${source})`).join('|'));
      const asked = await retryUntil(
        () => {
          const match = any.exec(this.shown.slice(this.#read));
          if (match === null) return { seen: this.shown };
          this.#read += match.index + match[0].length;
          return { value: match.slice(1).findIndex((part) => part !== undefined) };
        },
        { what: String(any), timeoutMs: 15_000 },
      );
      this.#child.stdin?.write(`${lines[asked]![1].shift()}\r`);
    }
  }

  async end(): Promise<number | null> {
    const [code] = (await once(this.#child, 'close')) as [number | null];
    return code;
  }
}

describe('on a terminal', { skip: cannot }, () => {
  test('host keys are shown and asked for, passwords are typed unseen, one question after the other', async () => {
    const options = { sshdConfig: ['PasswordAuthentication yes', 'PubkeyAuthentication no'], password: 'geheim' };
    await using made = await makeSshMachines({
      vm1: { address: '192.168.100.4', ...options },
      vm2: { address: '192.168.100.5', ...options },
    });
    await using user = currentUser(made.within);
    laySshPractical(user, made, {
      vm1: '{ user: ildvm1, address: 192.168.100.4, ssh: { host: 192.168.100.4 } }',
      vm2: '{ user: ildvm2, address: 192.168.100.5, ssh: { host: 192.168.100.5 } }',
    });

    const no = new Terminal(user, ['up']);
    for (let times = 0; times < 2; times++)
      await no.answer(/Is that the fingerprint that the machine itself shows\? \[y\/N\] /, 'n');
    assert.equal(await no.end(), 3);

    const yes = new Terminal(user, ['up']);
    await yes.answerAll([
      [/\[y\/N\] /, ['y', 'y']],
      [/Password of ildvm\d@192\.168\.100\.\d:22 \(vm\d\): /, ['falsch', 'geheim', 'geheim']],
    ]);
    assert.equal(await yes.end(), 0, yes.shown);
    const shown = stripVTControlCharacters(yes.shown);
    for (const { hostKey } of Object.values(made.machines))
      assert.ok(shown.includes(fingerprint(parseHostKey(hostKey.publicKey)!.blob)), shown);
    assert.doesNotMatch(shown, /geheim|falsch/);
    assert.match(shown, /Lab tp1 is up/);

    const down = new Terminal(user, ['down']);
    for (let times = 0; times < 2; times++) await down.answer(/Password of ildvm\d/, 'geheim');
    assert.equal(await down.end(), 0, down.shown);
  });

  test(
    'check-port --kill asks for the password of sudo, then shows whom it would end, and asks',
    { skip: without('sudo') },
    async () => {
      await using made = await makeSshMachines({
        vm1: { address: '192.168.100.4', password: 'geheim', prepare: sudoWithPassword('ildvm1') },
        vm2: { address: '192.168.100.5' },
      });
      await using user = currentUser(made.within);
      laySshPractical(user, made);
      assert.equal((await user.lab('up', '--accept-new-host-keys')).exitCode, 0);
      const { vm1 } = made.machines;
      vm1!.run('sh', '-c', 'setsid /usr/bin/python3 -m http.server 7999 >/dev/null 2>&1 </dev/null &');
      await retryUntil(
        () => (vm1!.run('ss', '-Hltn', 'sport = :7999') === '' ? { seen: 'nothing' } : { value: true }),
        { what: 'the server', timeoutMs: 10_000 },
      );
      const terminal = new Terminal(user, ['check-port', '7999', '--kill']);
      await terminal.answer(/Password of ildvm1 on vm1, for sudo: /, 'geheim');
      await terminal.answer(/End process \d+ \(\S*python3 -m http\.server 7999\)[\s\S]* on vm1\? \[y\/N\] /, 'y');
      assert.equal(await terminal.end(), 0, terminal.shown);
      assert.doesNotMatch(terminal.shown, /geheim/);
      assert.equal(vm1!.run('ss', '-Hltn', 'sport = :7999'), '');
    },
  );

  test('^C at a question ends lab as at any other time, on Windows too', async () => {
    await using made = await makeSshMachines({ vm1: { address: '192.168.100.4' }, vm2: { address: '192.168.100.5' } });
    const foreign = [
      'env',
      'LAB_TEST_PLATFORM=win32',
      `NODE_OPTIONS=--import ${join(repository, 'test/fixtures/foreign-controller.mjs')}`,
    ];
    await using user = currentUser([...made.within, ...foreign]);
    laySshPractical(user, made);
    const asked = new Terminal(user, ['--provider', 'ssh', 'up']);
    await asked.answer(/\[y\/N\] /, '\x03');
    assert.equal(await asked.end(), 130, asked.shown);
  });
});
