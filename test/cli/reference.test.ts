import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { pagesWithTables, topicFiles, withReference } from '../../scripts/reference/main.ts';
import { commands } from '../../src/cli/commands/index.ts';
import { readTopic, topicNames } from '../../src/cli/help/topics.ts';

test('the tables in the topics and READMEs are what "npm run reference" writes', () => {
  const tables = pagesWithTables().map((path) => {
    const topic = readFileSync(path, 'utf8');
    assert.equal(topic, withReference(path), `${path} is not up to date: npm run reference`);
    return topic.match(/<!-- [\w-]+: written by/g)?.length ?? 0;
  });
  assert.ok(tables.reduce((sum, count) => sum + count, 0) >= 5);
});

test('every topic begins with its name and a summary, and no command has its name', () => {
  const names = new Set(commands.map(({ name }) => name));
  for (const path of topicFiles()) {
    const name = basename(path, '.md');
    assert.match(readFileSync(path, 'utf8'), new RegExp(`^# ${name}\\s?: \\S[^\\n]*[^.\\n]\\n\\n`), path);
    assert.ok(!names.has(name), `${name} is a command, too`);
  }
  for (const name of topicNames()) assert.ok(readTopic(name).summary.length < 80, name);
});
