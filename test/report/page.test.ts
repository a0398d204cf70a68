import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { report } from '../../src/commands/runs/report.ts';
import type { LanguageCode } from '../../src/core/lab-description.ts';
import type { Event } from '../../src/core/events.ts';
import { languages } from '../../src/report/language/languages.ts';
import { Browser, cannotBrowse, type OpenPage } from '../helpers/browser.ts';
import { temporaryFolder } from '../helpers/cli.ts';
import { testContext } from '../helpers/command-context.ts';
import { repository } from '../helpers/lab-command.ts';
import { storedRun, type StoredRunChanges } from '../helpers/stored-run.ts';
import { udpRun } from '../helpers/udp-run.ts';

/** What a page may be made to do by what programs print. */
const ATTACKS = [
  '</pre><script>document.title = "pwned"</script>',
  '<img src=x onerror="document.title=\'pwned\'">',
  '--></style></script><script>alert(1)</script><!--',
  '<svg onload=alert(1)>',
  '\x1b]8;;javascript:alert(1)\x07link\x1b]8;;\x07',
  '\x1b[8;60000;60000t\x1b[65535;65535H\x1b[2147483647b\x1b[?1049h',
  '\x1bP1;1|\x9b31m\u202eevil',
  '\ud800',
  '\u2028',
  '{{constructor.constructor("alert(1)")()}}',
];

describe('the report as a page', { skip: cannotBrowse }, () => {
  let browser: Browser;

  before(async () => {
    browser = await Browser.start();
  });
  after(() => browser[Symbol.asyncDispose]());

  /** Opens the report of a stored run. */
  async function opened(
    changes: StoredRunChanges,
    language: LanguageCode,
    look: (page: OpenPage['page']) => Promise<void>,
  ): Promise<void> {
    using run = storedRun(changes);
    const file = join(run.path, 'report.html');
    await report(testContext(run.path).context, { run: undefined, language, format: 'html', output: file });
    await using open = await browser.open(file);
    await look(open.page);
    assert.deepEqual([open.complaints, open.requests], [[], []]);
  }

  test('draws the arrows that were on the wire, in their order, with the words of the terminals', async () => {
    await opened({}, 'en', async (page) => {
      const packets = await page
        .locator('.compressed .roomy [data-packet]')
        .evaluateAll((arrows) =>
          arrows.map(
            (arrow) => `${arrow.getAttribute('data-packet')} ${arrow.querySelector('.tcp-flags')!.textContent}`,
          ),
        );
      assert.deepEqual(packets.slice(0, 4), ['1 SYN', '2 SYN, ACK', '3 ACK', '4 PSH, ACK']);
      assert.deepEqual(
        packets.slice(-3).map((text) => text.replace(/^\d+ /, '')),
        ['FIN, ACK', 'FIN, ACK', 'ACK'],
      );
      const tops = await page
        .locator('.compressed .roomy [data-packet] .tcp-arrow')
        .evaluateAll((arrows) => arrows.map((arrow) => arrow.getBoundingClientRect().top));
      assert.deepEqual(
        tops,
        tops.toSorted((a, b) => a - b),
      );
      assert.equal(
        await page.locator('.compressed .roomy [data-packet="4"] .tcp-said').textContent(),
        'client@vm2:7999$ Hello vm1',
      );
    });
  });

  test('shows the handshake whole in the first screenful of the diagram', async () => {
    await opened({}, 'en', async (page) => {
      await page.locator('.compressed').scrollIntoViewIfNeeded();
      const [diagram, data] = await Promise.all([
        page.locator('.compressed').boundingBox(),
        page.locator('.compressed .roomy .tcp-data .tcp-phase-name').first().boundingBox(),
      ]);
      assert.ok(data!.y - diagram!.y < 300, `the data phase begins ${data!.y - diagram!.y} px below the top`);
    });
  });

  test('plays both terminals together', async () => {
    await opened({}, 'en', async (page) => {
      await page.locator('html[data-ready=yes]').waitFor();
      assert.equal((await page.locator('.ap-player, .asciinema-player').count()) > 0, true);
      await page.locator('select').selectOption('8');
      await page.getByRole('button', { name: 'Play both' }).click();
      for (const [role, text] of [
        ['server', "from client 'Hello vm1'"],
        ['client', "from server Hello ! ,What's up VM2"],
      ] as const) {
        await page.locator(`.screen[data-role=${role}]`).getByText(text).first().waitFor({ timeout: 10_000 });
      }
      await page.getByRole('button', { name: 'Play both' }).waitFor({ timeout: 10_000 });
    });
  });

  test('draws datagrams, the lost one as lost, on a telephone and on a desktop', async () => {
    await opened(udpRun, 'fr', async (page) => {
      for (const [name, width] of [
        ['narrow', 390],
        ['roomy', 1100],
      ] as const) {
        await page.setViewportSize({ width, height: 900 });
        const drawn = page.locator(`.compressed .${name}`);
        assert.deepEqual(
          [await drawn.locator('[data-packet]').count(), await drawn.locator('.tcp-lost .tcp-cross').count()],
          [8, 2],
        );
        assert.equal(await drawn.locator('[data-icmp]').isVisible(), true);
        const [scroll, shown] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth] as const);
        assert.ok(scroll <= shown, `the page is ${scroll} pixels wide`);
        const [small, lives] = await drawn.evaluate((picture) => {
          const edges = (name: string): (readonly [number, number])[] =>
            [...picture.querySelectorAll(name)].map((one) => {
              const { left, right } = one.getBoundingClientRect();
              return [left, right] as const;
            });
          return [edges('text.tcp-small'), edges('.tcp-life')] as const;
        });
        for (const [left, right] of small)
          assert.ok(left > lives[0]![0] && right < lives[1]![1], 'what stands under an arrow stays between the ends');
      }
      const told = await page.locator('.tiles, #glance, #model, #end, #exchange').allInnerTexts();
      assert.doesNotMatch(told.join('\n'), /TCP/);
      assert.match(told.join('\n'), /mode non connecté/);
    });
  });

  test('switches to time to scale', async () => {
    await opened({}, 'en', async (page) => {
      await page.getByLabel('time to scale').check();
      assert.deepEqual(
        [await page.locator('.scaled').isVisible(), await page.locator('.compressed').isVisible()],
        [true, false],
      );
    });
  });

  for (const code of ['en', 'fr'] as const) {
    test(`is complete in the language ${code}, its sections in the order of the practical`, async () => {
      await opened({}, code, async (page) => {
        assert.equal(await page.locator('html').getAttribute('lang'), code);
        const titles = await page.locator('h2').allTextContents();
        assert.deepEqual(
          titles.map((title) => title.replace(/^\d+ /, '')),
          Object.values(languages[code].report.sections),
        );
        const empty = await page
          .locator('main > section[id]')
          .evaluateAll((sections) =>
            sections.filter((section) => section.children.length < 2).map((section) => section.id),
          );
        assert.deepEqual(empty, []);
        const shown = await page.locator('main').innerText();
        for (const wanted of [
          '192.168.100.4',
          'ildvm2',
          'netstat -an',
          'sudo lsof -i :7999',
          "Connected by : ('192.168.100.5'",
          'SOCK_STREAM',
          'TIME-WAIT',
          'require(',
          'capture.pcap',
        ]) {
          assert.ok(shown.includes(wanted), `"${wanted}" is missing`);
        }
        assert.doesNotMatch(shown, /undefined is|\[object|NaN/);
      });
    });
  }

  test('lets nothing that programs print do anything', async () => {
    const hostile: StoredRunChanges = {
      events: (recorded) =>
        replaceOutput(recorded, ATTACKS).map((event) => (event.kind === 'port-checked' ? hostileCheck(event) : event)),
      files: {
        'server.log': ATTACKS.join('\n'),
        'session.log': ATTACKS.join('\n'),
        'sources/server/server.js': ATTACKS.join('\n'),
      },
    };
    await opened(hostile, 'en', async (page) => {
      await page.locator('html[data-ready=yes]').waitFor();
      await page.locator('select').selectOption('8');
      await page.getByRole('button', { name: 'Play both' }).click();
      await page
        .locator('.screen[data-role=client]')
        .getByText('from server Hello vm1')
        .first()
        .waitFor({ timeout: 15_000 });
      assert.match(await page.title(), /^Lab report/);
      assert.equal(await page.locator('body img, body iframe, body object, [onerror], [onload]').count(), 0);
      assert.doesNotMatch((await page.locator('pre').allTextContents()).join(''), /[\u202e\x1b]/);
    });
  });

  test('stays small when a program printed 50 MB', { timeout: 120_000 }, async () => {
    const chunk = `${'<b>flood</b> '.repeat(80_000)}\r\n`;
    const changes: StoredRunChanges = {
      events: (recorded) =>
        replaceOutput(
          recorded,
          Array.from({ length: 50 }, () => chunk),
        ),
      files: { 'server.log': chunk.repeat(50), 'session.log': chunk.repeat(50) },
    };
    using run = storedRun(changes);
    const file = join(run.path, 'report.html');
    await report(testContext(run.path).context, { run: undefined, language: 'en', format: 'html', output: file });
    const size = readFileSync(file).length;
    assert.ok(size < 3_000_000, `${size} bytes`);
    await using open = await browser.open(file);
    await open.page.locator('html[data-ready=yes]').waitFor();
    assert.match(
      (await open.page.locator('#server .omitted').textContent())!,
      /MB are left out here; the whole is in server\.log/,
    );
    assert.match((await open.page.locator('#exchange').textContent())!, /The recording of server is cut here/);
    assert.deepEqual(open.complaints, []);
  });

  test('prints on A4 without anything cut off', async () => {
    await opened({}, 'fr', async (page) => {
      // The text of A4 within the margins of the page, in CSS pixels.
      await page.setViewportSize({
        width: Math.floor(((210 - 28) / 25.4) * 96),
        height: Math.floor(((297 - 34) / 25.4) * 96),
      });
      await page.emulateMedia({ media: 'print' });
      const wide = await page
        .locator('body *')
        .evaluateAll((all) =>
          all
            .filter((each) => each.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
            .map((each) => `${each.tagName}.${each.className}`),
        );
      assert.deepEqual(wide, []);
      const heights = await page
        .locator('.piece:visible, .picture:visible, tr:visible')
        .evaluateAll((all) => all.map((each) => each.getBoundingClientRect().height));
      assert.ok(
        heights.every((height) => height < 900),
        String(heights),
      );
      assert.equal(await page.locator('.players:visible, nav:visible, .scaled:visible').count(), 0);
      await checkPdf(await page.pdf({ format: 'A4', printBackground: true, preferCSSPageSize: true }));
    });
  });

  for (const [kind, width, height, shown] of [
    ['a desktop', 1280, 900, 100],
    ['a telephone', 400, 800, 20],
  ] as const)
    test(`shows the beginning of the diagram on the first screen of ${kind}, and all of its width`, async () => {
      await opened({}, 'en', async (page) => {
        await page.setViewportSize({ width, height });
        const diagram = await page.locator('.compressed svg:visible').first().boundingBox();
        assert.ok(diagram!.y + shown < height, `the diagram begins ${diagram!.y} px below the top`);
        assert.ok(diagram!.x >= 0 && diagram!.x + diagram!.width <= width, `${diagram!.x} ${diagram!.width}`);
        const letters = await page.locator('.compressed svg:visible text').evaluateAll((texts) =>
          texts.map((text) => {
            const scale = (text as SVGTextElement).getScreenCTM()!.a;
            return Number.parseFloat(getComputedStyle(text).fontSize) * scale;
          }),
        );
        assert.ok(Math.min(...letters) >= 9, `the smallest letters are ${Math.min(...letters)} px high`);
      });
    });

  test('has no two texts of the narrow diagram on each other', async () => {
    await opened({}, 'en', async (page) => {
      await page.setViewportSize({ width: 400, height: 800 });
      const boxes = await page
        .locator('.compressed svg:visible text')
        .evaluateAll((texts) =>
          texts
            .map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() }))
            .map(({ text, box: { left, right, top, bottom } }) => ({
              text,
              left,
              right,
              top: top + 3,
              bottom: bottom - 3,
            })),
        );
      assert.ok(boxes.length > 30);
      const crossed = boxes.flatMap((one, index) =>
        boxes
          .slice(index + 1)
          .filter(
            (other) =>
              one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom,
          )
          .map((other) => `${one.text} × ${other.text}`),
      );
      assert.deepEqual(crossed, []);
    });
  });

  test('folds the programs that lab itself comes with, and says what they are', async () => {
    const server = readFileSync(join(repository, 'dist/programs/server.js'), 'utf8');
    await opened({ files: { 'sources/server/server.js': server } }, 'en', async (page) => {
      const folded = page.locator('#programs details.listing');
      assert.deepEqual(await folded.locator('summary').allTextContents(), ['server.js']);
      assert.equal(await folded.locator('pre').isVisible(), false);
      assert.match(
        (await page.locator('#programs .remark').allTextContents()).join(),
        /demo server.*src\/programs\/server\.ts/,
      );
      assert.equal(await page.locator('#programs figure.listing').count(), 1, 'what is no such program is shown');
    });
  });

  test('leads from each card to its part', async () => {
    await opened({}, 'en', async (page) => {
      const cards = await page
        .locator('.tile')
        .evaluateAll((tiles) => tiles.map((tile) => tile.querySelector('a')!.getAttribute('href')!));
      assert.deepEqual(cards, ['#checks', '#port', '#glance', '#glance', '#glance', '#server', '#client']);
      const tile = page.locator('.tile').nth(1);
      await tile.click({ position: { x: 5, y: 5 } });
      assert.equal(new URL(page.url()).hash, '#port');
    });
  });

  test('fits a telephone: nothing but tables and diagrams has to be scrolled sideways', async () => {
    await opened({}, 'fr', async (page) => {
      await page.setViewportSize({ width: 390, height: 800 });
      const wide = await page
        .locator('body *')
        .evaluateAll((all) =>
          all
            .filter((each) => each.getBoundingClientRect().right > 391 && each.closest('.wide, nav') === null)
            .map((each) => `${each.tagName}.${each.className}`),
        );
      assert.deepEqual(wide, []);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
    });
  });

  test('is readable in the dark too: every text of the page and of the diagram stands out from its ground', async () => {
    await opened({}, 'en', async (page) => {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        const [ground, texts] = await page.evaluate(() => {
          const all = [
            ...document.querySelectorAll('p, td, th, dt, h2, h3, .tcp-label, .tcp-small, .tcp-mono, .tcp-state'),
          ];
          return [
            getComputedStyle(document.body).backgroundColor,
            all.map((element) => getComputedStyle(element)[element.tagName === 'text' ? 'fill' : 'color']),
          ] as const;
        });
        const poor = [...new Set(texts)].filter((text) => contrast(text, ground) < 4.5);
        assert.deepEqual(poor, [], `on ${ground}`);
      }
    });
  });
});

function hostileCheck(event: Extract<Event, { kind: 'port-checked' }>): Event {
  return { ...event, raw: ATTACKS.join('\n'), tools: ATTACKS.map((output) => ({ command: output, output })) };
}

/** The recorded events with more output before the first. */
function replaceOutput(recorded: readonly Event[], outputs: readonly string[]): Event[] {
  const first = recorded.findIndex(({ kind }) => kind === 'terminal-output');
  return recorded.toSpliced(
    first,
    0,
    ...outputs.map((data): Event => ({ ...(recorded[first] as Extract<Event, { kind: 'terminal-output' }>), data })),
  );
}

/** The printed file, as poppler reads it where it is installed: all parts are there, and no line is outside of the page. */
async function checkPdf(pdf: Buffer): Promise<void> {
  if (!existsSync('/usr/bin/pdftotext')) return;
  using folder = temporaryFolder();
  const file = join(folder.path, 'report.pdf');
  writeFileSync(file, pdf);
  const text = execFileSync('pdftotext', ['-layout', file, '-'], { encoding: 'utf8' });
  for (const wanted of [
    'Architecture',
    'Modèle client–serveur',
    'Vérification du port',
    'ESTABLISHED',
    'TIME-WAIT',
    'FIN, ACK',
    'Fichiers et empreintes',
  ])
    assert.ok(text.includes(wanted), `"${wanted}" is not in the PDF`);
  const boxes = execFileSync('pdftotext', ['-bbox', file, '-'], { encoding: 'utf8' });
  const outside = boxes
    .matchAll(/xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">([^<]*)/g)
    .filter(([, x0, y0, x1, y1]) => Number(x0) < 0 || Number(y0) < 0 || Number(x1) > 596 || Number(y1) > 843);
  assert.deepEqual(
    [...outside].map(([, , , , , word]) => word),
    [],
  );
}

/** Contrast ratio of two colours as CSS computes them (WCAG 2.2, "contrast ratio"). */
function contrast(a: string, b: string): number {
  const [lighter, darker] = [a, b].map(luminance).toSorted((x, y) => y - x);
  return (lighter! + 0.05) / (darker! + 0.05);
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [...color.matchAll(/[\d.]+/g)]
    .map(([part]) => Number(part) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
