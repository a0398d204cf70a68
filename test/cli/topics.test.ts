import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { describe, test } from 'node:test';
import { readMarkdown } from '../../src/cli/help/markdown.ts';
import { terminalPage } from '../../src/cli/help/terminal-page.ts';
import { readTopic, topicNames } from '../../src/cli/help/topics.ts';
import { runCli } from '../helpers/cli.ts';
import { onTerminal } from '../helpers/on-terminal.ts';

const plain = { width: 40, style: undefined };
const colored = { width: 40, style: (format: string, text: string) => `<${format}>${text}</>` };

describe('a page for a terminal', () => {
  test('has its text broken at the width, and code marked by backquotes or by colour', () => {
    const page = '# a: b\n\nWith `lab up`, all\nmachines of the lab **come up**, see [there](x.md).\n';
    assert.equal(
      terminalPage(page, plain),
      'a: b\n\n  With `lab up`, all machines of the lab\n  come up, see there.\n',
    );
    assert.equal(
      terminalPage(page, colored),
      '<bold>a: b</>\n\n  With <cyan>lab</> <cyan>up</>, all machines of the lab\n  <bold>come</> <bold>up</>, see there.\n',
    );
  });

  test('has lists with their lines under each other, and code as it stands', () => {
    assert.equal(
      terminalPage(
        '- one two three four five six seven\n  eight\n- two\n\n```sh\nlab up    # a very long line of code that stays\n```\n',
        plain,
      ),
      '  - one two three four five six seven\n    eight\n  - two\n\n    lab up    # a very long line of code that stays\n',
    );
  });

  test('has narrow tables and those of two columns in columns', () => {
    assert.equal(
      terminalPage('| file | holds |\n|---|---|\n| `a.log` | a terminal as its operator saw it, as text |\n', plain),
      '  file     holds\n  ───────  ─────────────────────────────\n  `a.log`  a terminal as its operator\n           saw it, as text\n',
    );
  });

  test('has other tables row by row, each cell with its heading', () => {
    assert.equal(
      terminalPage(
        String.raw`| field | needed | meaning | example |
|---|---|---|---|
| ${'`on`'} | yes | Name of the machine that it runs on. | ${'`a\\|b`'} |
| ${'`env`'} |  | Environment variables. | |
`,
        plain,
      ),
      '  `on`\n    needed: yes\n    Name of the machine that it runs on.\n    example: `a|b`\n\n  `env`\n    Environment variables.\n',
    );
  });

  test('leaves out comments', () => {
    assert.deepEqual(readMarkdown('<!-- a -->\n\n<!-- b\n\nc -->\n'), []);
  });
});

test('every topic fits its width, but for words and code that are longer', () => {
  for (const name of topicNames()) {
    const lines = terminalPage(readTopic(name).markdown, { width: 80, style: undefined }).split('\n');
    const wide = lines.filter((line) => line.length > 80 && line.trim().includes(' ') && !line.startsWith('    '));
    assert.deepEqual(wide, [], name);
  }
});

test('a topic goes into a pipe without escapes, and to a program as Markdown', async () => {
  const { stdout, exitCode } = await runCli(['help', 'steps'], { cwd: tmpdir() });
  assert.equal(exitCode, 0);
  assert.equal(stdout, terminalPage(readTopic('steps').markdown, { width: 80, style: undefined }));
  const { stdout: json } = await runCli(['--json', 'help', 'steps'], { cwd: tmpdir() });
  const { topic, language, summary, markdown } = JSON.parse(json) as Record<string, unknown>;
  assert.deepEqual({ name: topic, language, summary, markdown }, readTopic('steps'));
});

describe('on a terminal', () => {
  test('a topic is shown by $PAGER, which has the keys', async () => {
    using pager = setPager(`sed 's/^/| /'; kill -INT $PPID; echo paged`);
    const { shown, exitCode } = await onTerminal(tmpdir(), ['help', 'steps']);
    assert.match(shown, /\| .*steps: what a scenario can do/);
    assert.match(shown, /paged\r\n$/);
    assert.equal(exitCode, 0);
    void pager;
  });

  test('and as it stands where there is none', async () => {
    for (const line of ['', 'cat', 'no-such-pager 2>&-']) {
      using pager = setPager(line);
      const { shown, exitCode } = await onTerminal(tmpdir(), ['--no-color', 'help', 'exit-codes']);
      assert.equal(
        shown.replaceAll('\r', ''),
        terminalPage(readTopic('exit-codes').markdown, { width: 100, style: undefined }),
      );
      assert.equal(exitCode, 0);
      void pager;
    }
  });
});

function setPager(line: string): Disposable {
  const before = process.env['PAGER'];
  process.env['PAGER'] = line;
  return {
    [Symbol.dispose]: () => {
      if (before === undefined) delete process.env['PAGER'];
      else process.env['PAGER'] = before;
    },
  };
}
