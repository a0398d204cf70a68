import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { readConversations } from '../../src/packets/read-capture.ts';
import { conversationSvg } from '../../src/report/diagram/diagram-svg.ts';
import { languages } from '../../src/report/language/languages.ts';
import { sequenceMermaid } from '../../src/report/markdown/sequence-diagram.ts';
import { Browser, cannotBrowse } from '../helpers/browser.ts';
import { captureNames, capturePath } from '../helpers/packets/capture-files.ts';
import { temporaryFolder } from '../helpers/cli.ts';

const { diagram: words, notation } = languages.fr;

const conversations = captureNames.flatMap((name) => readConversations(capturePath(name)));

test('every real capture becomes well-formed SVG in which no segment is missing', { skip: cannotBrowse }, async () => {
  using folder = temporaryFolder({ 'empty.html': '<!doctype html><title>empty</title>' });
  await using browser = await Browser.start();
  await using open = await browser.open(join(folder.path, 'empty.html'));
  for (const time of ['compressed', 'scale'] as const) {
    const svgs = conversations.map((conversation) =>
      conversationSvg(conversation, { words, notation, spoken: new Map(), time, id: 'd' }),
    );
    const seen = await open.page.evaluate(
      (texts) =>
        texts.map((text) => {
          const svg = new DOMParser().parseFromString(text, 'image/svg+xml');
          const rows = [...svg.querySelectorAll('[data-packet], [data-folded]')];
          return {
            root: svg.documentElement.nodeName,
            faults: svg.querySelectorAll('parsererror').length,
            segments: rows.reduce((sum, row) => sum + Number(row.getAttribute('data-folded') ?? 1), 0),
          };
        }),
      svgs,
    );
    assert.deepEqual(
      seen,
      conversations.map(({ segments }) => ({ root: 'svg', faults: 0, segments: segments.length })),
    );
  }
});

test('every real capture becomes a sequence diagram in Mermaid, a line a segment', () => {
  for (const conversation of conversations) {
    const lines = sequenceMermaid(conversation, new Map(), words, notation).trimEnd().split('\n');
    assert.ok(
      lines.every((line, index) =>
        index === 0
          ? line === 'sequenceDiagram'
          : /^ {2}(participant [CS] as |Note over C,S: |[CS]->>[CS]: )[^;#"<>]*(?:#\d+;[^;#"<>]*)*$/.test(line),
      ),
      lines.join('\n'),
    );
  }
});
