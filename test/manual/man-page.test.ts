import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { manPage } from '../../scripts/build/man-page.ts';
import type { CliCommand } from '../../src/cli/command/define-command.ts';
import { longFlag } from '../../src/cli/command/parameters.ts';
import { commands } from '../../src/cli/commands/index.ts';
import { topicNames } from '../../src/cli/help/topics.ts';
import { environmentVariables } from '../../src/core/environment-variables.ts';
import { without } from '../helpers/tools.ts';

const page = manPage('1.2.3');
/** As it is read: without fonts, and with hyphens. */
const text = page
  .replaceAll(/\\f[BIR]/g, '')
  .replaceAll(String.raw`\-`, '-')
  .replaceAll(String.raw`\(dq`, '"');

/** Every command that a user may type, with its whole name. */
function named(list: readonly CliCommand[], family = ''): (readonly [name: string, command: CliCommand])[] {
  const visible = list.filter(({ hidden }) => !hidden);
  const own = visible.map((command) => [`${family}${command.name}`, command] as const);
  return own.concat(visible.flatMap(({ name, commands: nested }) => named(nested, `${family}${name} `)));
}

describe('the manual page', () => {
  test('has every command with its options and examples', () => {
    for (const [name, { options, examples }] of named(commands)) {
      assert.match(text, new RegExp(`^lab ${name}\\b`, 'm'));
      for (const [option, declared] of Object.entries(options)) assert.ok(text.includes(longFlag(option, declared)));
      for (const { words } of examples)
        assert.ok(text.includes(`\nlab ${words.replaceAll('\\', String.raw`\e`)}\n`), words);
    }
  });

  test('has every topic, variable of the environment, and the sections that manual pages have', () => {
    const headings = [...text.matchAll(/^\.SH "([^"]+)"$/gm)].map(([, heading]) => heading!);
    const others = new Set(['commands', 'exit-codes', 'environment']);
    assert.deepEqual(
      headings.filter((heading) => !heading.includes(': ')),
      ['NAME', 'SYNOPSIS', 'DESCRIPTION', 'COMMANDS', 'OPTIONS', 'EXIT STATUS', 'ENVIRONMENT', 'FILES', 'SEE ALSO'],
    );
    assert.deepEqual(
      headings.filter((heading) => heading.includes(': ')).map((heading) => heading.split(':')[0]!.toLowerCase()),
      topicNames().filter((name) => !others.has(name)),
    );
    for (const { name } of environmentVariables) assert.match(text, new RegExp(`^${name}$`, 'm'));
  });

  test('has nothing that mandoc warns of', { skip: without('mandoc') }, () => {
    const { stdout, status } = spawnSync('mandoc', ['-T', 'lint', '-W', 'warning'], { input: page, encoding: 'utf8' });
    const warnings = stdout.split('\n').filter((line) => line !== '' && !line.endsWith('missing date, using "": TH'));
    assert.deepEqual(warnings, []);
    assert.ok(status !== null && status < 3);
  });
});
