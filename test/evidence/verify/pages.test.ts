import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { brotliCompressSync, constants } from 'node:zlib';
import { report } from '../../../src/commands/runs/report.ts';
import { sign } from '../../../src/commands/runs/sign.ts';
import { verify, type VerifiedRun, type VerifyResult } from '../../../src/commands/runs/verify.ts';
import { boundRun } from '../../helpers/bound-run.ts';
import { runCli, temporaryFolder } from '../../helpers/cli.ts';
import { testContext } from '../../helpers/command-context.ts';
import { storedRun, type StoredRunFolder } from '../../helpers/stored-run.ts';
import type { LanguageCode } from '../../../src/core/lab-description.ts';

process.env['TZ'] = 'UTC';

const keys = temporaryFolder();
after(() => keys[Symbol.dispose]());
const key = join(keys.path, 'ada');
execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);

/** The page of a run, in a folder where nothing else is. */
async function pageOf(
  run: StoredRunFolder,
  language: LanguageCode = 'fr',
): Promise<{ readonly path: string } & Disposable> {
  const folder = temporaryFolder();
  const path = join(folder.path, 'report.html');
  await report(testContext(run.path).context, { run: undefined, language, format: 'html', output: path });
  return { path, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

async function verifiedPage(path: string, trusted?: string): Promise<VerifyResult> {
  return verify(testContext(join(path, '..')).context, { what: path, key: trusted });
}

async function onlyRecord(path: string): Promise<VerifiedRun> {
  return (await verifiedPage(path)).records[0]!;
}

function edit(path: string, change: (page: string) => string): void {
  const before = readFileSync(path, 'utf8');
  const changed = change(before);
  assert.notEqual(changed, before);
  writeFileSync(path, changed);
}

/** The record that a page carries, changed. */
function editRecord(path: string, change: (record: Record<string, unknown>) => object): void {
  edit(path, (page) =>
    page.replace(/(?<=id="record">)[^<]*/, (text) =>
      JSON.stringify(change(JSON.parse(text) as Record<string, unknown>)),
    ),
  );
}

/** A packed record of one file with this name. */
function named(name: string): string {
  return brotliCompressSync(`{"files":[{"name":${JSON.stringify(name)},"sizeBytes":1}]}\nx`).toString('base64');
}

describe('lab verify report.html', () => {
  test('a page tells from itself alone what its record is worth, in any time zone', async () => {
    using run = await boundRun();
    using page = await pageOf(run);
    const record = await onlyRecord(page.path);
    assert.deepEqual([record.fits, record.misfits, record.unknown, record.result], [true, [], [], 'passed']);
    const elsewhere = await runCli(['verify', page.path], { cwd: keys.path, env: { TZ: 'Asia/Kathmandu' } });
    assert.equal(elsewhere.exitCode, 0, elsewhere.stdout + elsewhere.stderr);
    assert.match(elsewhere.stdout, /^The record fits: 20261123-062637-tp1, scenario tp1, passed/);
  });

  test('a signed record is still signed in the page, and stays so when the page is made again', async () => {
    using run = await boundRun();
    await sign(testContext(run.path).context, { what: undefined, key });
    for (const language of ['en', 'fr'] as const) {
      using page = await pageOf(run, language);
      const { fits, records } = await verifiedPage(page.path, `${key}.pub`);
      assert.deepEqual([fits, records[0]!.signature.kind], [true, 'trusted']);
    }
  });

  test('the page of an older run carries it as well', async () => {
    using run = storedRun();
    using page = await pageOf(run);
    const record = await onlyRecord(page.path);
    assert.deepEqual([record.fits, record.unknown.map(({ kind }) => kind)], [true, ['no-hashes']]);
  });

  test('a word that was changed in the page is found, and so is a script that was added', async () => {
    using run = await boundRun();
    using page = await pageOf(run, 'en');
    edit(page.path, (text) => text.replace('9 of 9 steps passed', '9 of 9 steps failed'));
    const [misfit] = (await onlyRecord(page.path)).misfits;
    assert.match(
      misfit!.message,
      /^report\.html, line \d+ shows ".*failed.*"; made from its record it is ".*passed.*"$/,
    );
    using other = await pageOf(run, 'en');
    edit(other.path, (text) => text.replace('</main>', '<script>document.title = "passed"</script></main>'));
    const [added] = (await onlyRecord(other.path)).misfits;
    assert.match(
      added!.message,
      /^report\.html, line \d+ shows "<script>document\.title = "passed".*"; made from its record it is "<\/main>"$/,
    );
  });

  test('a page next to the record is verified with it', async () => {
    using run = await boundRun();
    const { file } = await report(testContext(run.path).context, {
      run: undefined,
      language: 'en',
      format: 'html',
      output: undefined,
    });
    assert.deepEqual((await onlyRecord(run.run)).misfits, []);
    edit(file!, (text) => text.replace('9 of 9 steps passed', '9 of 9 steps failed'));
    assert.match((await onlyRecord(run.run)).misfits[0]!.message, /^report\.html, line \d+ shows /);
    using other = await boundRun({
      events: (all) => all.filter(({ kind }) => kind !== 'notice' && kind !== 'port-checked'),
    });
    using foreign = await pageOf(other);
    writeFileSync(file!, readFileSync(foreign.path));
    assert.deepEqual(
      (await onlyRecord(run.run)).misfits.map(({ message }) => message),
      ['report.html carries another record than that of this run'],
    );
    writeFileSync(file!, '<html>');
    assert.deepEqual(
      (await onlyRecord(run.run)).unknown.map(({ kind }) => kind),
      ['page-without'],
    );
  });

  test('a second record before the first is no way around', async () => {
    using run = await boundRun();
    using page = await pageOf(run);
    edit(page.path, (text) => text.replace('<main>', '<script type="application/json" id="record">{}</script><main>'));
    assert.equal((await onlyRecord(page.path)).fits, false);
  });

  test('what the page leaves out is said, and not concluded from', async () => {
    using run = await boundRun();
    const path = join(run.run, 'capture.pcap');
    truncateSync(path, 20 * 1024 * 1024);
    using large = await pageOf(run);
    const { fits, misfits, unknown } = await onlyRecord(large.path);
    assert.deepEqual([fits, misfits], [true, []]);
    assert.deepEqual(
      unknown.map(({ message }) => message),
      [
        'There are no packets to compare with.',
        'The page does not carry these files, so nothing is compared with them, nor what it shows: capture.pcap.',
      ],
    );
  });

  test('a record that cannot be read is damaged, and bombs, odd names and other versions are met', async () => {
    using run = await boundRun();
    const bomb = brotliCompressSync(Buffer.alloc(200 * 1024 * 1024), {
      params: { [constants.BROTLI_PARAM_QUALITY]: 1 },
    });
    const cases: [change: object, expected: RegExp][] = [
      [{ packed: 'nothing' }, /the record in .*report\.html is damaged: packed is "nothing", not a packed record/],
      [{ packed: bomb.toString('base64') }, /is damaged: packed is ".*, not a packed record/],
      [
        { packed: named('../../escape') },
        /is damaged: packed\.files\[0\]\.name is "\.\.\/\.\.\/escape", not a path in the folder/,
      ],
      [{ packed: named('/etc/passwd') }, /not a path in the folder/],
      [{ packed: named('x'.repeat(5000)) }, /not a list of names that can be/],
      [{ timeZone: 'Mars/Olympus' }, /timeZone is "Mars\/Olympus", not a time zone/],
      [{ language: 'xx' }, /language is "xx", not one of en, fr/],
    ];
    for (const [change, expected] of cases) {
      using page = await pageOf(run);
      editRecord(page.path, (record) => ({ ...record, ...change }));
      await assert.rejects(() => verifiedPage(page.path), expected);
    }
    using page = await pageOf(run);
    editRecord(page.path, (record) => ({ ...record, version: '9.9.9' }));
    const { unknown } = await onlyRecord(page.path);
    assert.deepEqual(
      unknown.map(({ kind }) => kind),
      ['page-of-other'],
    );
  });

  test('a page without a record, and a file that is none, are told', async () => {
    using folder = temporaryFolder({ 'report.html': '<html></html>' });
    await assert.rejects(() => verifiedPage(join(folder.path, 'report.html')), /carries no record of a run/);
    rmSync(join(folder.path, 'report.html'));
    execFileSync('mkfifo', [join(folder.path, 'report.html')]);
    await assert.rejects(() => verifiedPage(join(folder.path, 'report.html')), /is a named pipe, no ordinary file/);
  });
});
