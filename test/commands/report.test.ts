import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { report } from '../../src/commands/runs/report.ts';
import type { Event } from '../../src/core/events.ts';
import { runCli } from '../helpers/cli.ts';
import { testContext } from '../helpers/command-context.ts';
import { assertGolden } from '../helpers/golden.ts';
import { pcapOf } from '../helpers/packets/talk-pcap.ts';
import { recordedEvents, storedRun, storedRunId, type StoredRunChanges } from '../helpers/stored-run.ts';
import { Talk } from '../helpers/packets/conversations.ts';

process.env['TZ'] = 'UTC';

/** The report of a run, its text; `as the lab file says` leaves the language to it. */
async function made(
  changes: StoredRunChanges,
  format = 'html',
  language: 'en' | 'fr' | 'as the lab file says' = 'en',
): Promise<string> {
  using run = storedRun(changes);
  const { file } = await report(testContext(run.path).context, {
    run: undefined,
    language: language === 'as the lab file says' ? undefined : language,
    format,
    output: undefined,
  });
  return readFileSync(file!, 'utf8');
}

/** What a reader sees of a page, in one line. */
function shownIn(page: string): string {
  return page
    .replace(/<style>[^]*?<\/style>|<script[^]*?<\/script>/g, '')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ');
}

/** The recorded events with some kinds left out, and the given ones before the end of the run. */
function changed(
  without: readonly Event['kind'][],
  ...added: readonly Event[]
): (recorded: readonly Event[]) => Event[] {
  return (recorded) => [
    ...recorded.filter(({ kind }) => !without.includes(kind) && kind !== 'run-finished'),
    ...added,
    ...recorded.filter(({ kind }) => kind === 'run-finished' && !without.includes(kind)),
  ];
}

const at = { monotonicMs: 2000, wallMs: Date.UTC(2026, 10, 23, 6, 26, 38) };

describe('lab report', () => {
  test('writes into the folder of the run, where only its owner may read', async () => {
    using run = storedRun();
    const result = await report(testContext(run.path).context, {
      run: undefined,
      language: undefined,
      format: 'html',
      output: undefined,
    });
    assert.deepEqual(result, { run: storedRunId, format: 'html', language: 'fr', file: join(run.run, 'report.html') });
    assert.equal(statSync(join(run.run, 'report.html')).mode & 0o777, 0o600);
  });

  test('takes author, group, course and language from the lab file as it is now, else as it was', async () => {
    const before = shownIn(await made({}, 'html', 'as the lab file says'));
    assert.match(before, /Auteurs Ada Lovelace, Alan Turing Groupe G2 Cours Réseaux, 1re année/);
    const now = shownIn(
      await made(
        { labFile: 'version: 1\nmachines: { vm1: {} }\nreport: { author: Grace Hopper, lang: en }\n' },
        'html',
        'as the lab file says',
      ),
    );
    assert.match(now, /Author Grace Hopper Date/);
  });

  test('of a run without a capture says so, and shows all else', async () => {
    const page = shownIn(await made({ files: { 'capture.pcap': null } }));
    assert.match(page, /The packets of this run were not captured/);
    assert.match(page, /Without a capture only the ends of the programs are known/);
    assert.match(page, /from client &#39;Hello vm1&#39;/);
  });

  test('of a capture without packets, and of bytes that are no capture, says so', async () => {
    assert.match(shownIn(await made({ files: { 'capture.pcap': pcapOf([]) } })), /holds no TCP segment\./);
    assert.match(
      shownIn(await made({ files: { 'capture.pcap': 'no capture at all' } })),
      /The capture of this run cannot be read/,
    );
  });

  test('of a failed run shows the step and why', async () => {
    const failed: Event = {
      at,
      kind: 'scenario-step-failed',
      index: 9,
      line: 40,
      text: 'expect: { server: "Bye" }',
      durationMs: 10_000,
      reason: 'server did not print "Bye" within 10 s',
    };
    const finished: Event = {
      at,
      kind: 'run-finished',
      run: storedRunId,
      result: 'failed',
      durationMs: 11_000,
      reason: 'step 10 failed',
    };
    const page = shownIn(await made({ events: changed(['run-finished'], failed, finished) }));
    assert.match(page, /Result ✗ failed/);
    assert.match(page, /9 of 10 steps passed/);
    assert.match(page, /expect: \{ server: &quot;Bye&quot; \} ✗ failed 10\.0?0? ?s|expect: .*? ✗ failed 10/);
    assert.match(page, /Why it did not pass ✗ server did not print &quot;Bye&quot; within 10 s/);
  });

  test('of a run that was killed says that it never ended', async () => {
    assert.match(shownIn(await made({ events: (recorded) => recorded.slice(0, 12) })), /Result ✗ never ended/);
  });

  test('of a run with nothing in it is still a report', async () => {
    const page = shownIn(
      await made({
        events: () => [],
        files: { 'server.log': null, 'client.log': null, 'session.log': null, 'capture.pcap': null },
      }),
    );
    assert.match(page, /This run does not tell what the lab looked like/);
    assert.match(page, /No step was played/);
  });

  test('of a run with one side only shows the terminal that there is', async () => {
    const page = shownIn(
      await made({
        events: (recorded) => recorded.filter((event) => !('role' in event && event.role === 'client')),
        files: { 'client.log': null },
      }),
    );
    assert.match(page, /client was never started in this run/);
  });

  test('of a capture of one side only says so', async () => {
    const oneSided = new Talk().send('client', ['SYN']).send('client', ['SYN'], { afterMs: 1000 }).conversation();
    assert.match(
      shownIn(await made({ files: { 'capture.pcap': pcapOf([oneSided]) } })),
      /The capture has segments of one side only/,
    );
  });

  test('of a refused connection says that it was refused, and nothing that the packets do not show', async () => {
    assert.match(
      shownIn(await made({ files: { 'capture.pcap': pcapOf([new Talk().refused().conversation()]) } })),
      /refused it \(RST\), as it does where nothing listens at that address and port/,
    );
  });

  test('of twelve connections lists all and draws ten', async () => {
    const conversations = Array.from({ length: 12 }, (_, index) =>
      new Talk().handshake().line('client', `hello ${index}`).close('client').conversation(index),
    );
    const page = await made({ files: { 'capture.pcap': pcapOf(conversations) } });
    assert.equal(page.match(/<figure class="diagram">/g)!.length, 10);
    assert.match(shownIn(page), /TCP connections 12/);
    assert.match(shownIn(page), /2 more connections are in capture\.pcap; they are not drawn/);
    assert.equal(shownIn(page).match(/192\.168\.100\.5:362\d\d 192\.168\.100\.4:7999/g)!.length, 12);
  });

  test('of a long transfer folds it, and stays small', async () => {
    const page = await made({
      files: { 'capture.pcap': pcapOf([new Talk().handshake().bulk('server', 1500).close('server').conversation()]) },
    });
    assert.match(page, /data-folded="\d{4}"/);
    assert.ok(page.length < 2_500_000, String(page.length));
  });

  test('of many thousand segments has the first and the last as JSON, and says how many are missing', async () => {
    const text = await made(
      {
        files: { 'capture.pcap': pcapOf([new Talk().handshake().bulk('server', 9000).close('server').conversation()]) },
      },
      'json',
    );
    const [conversation] = (
      JSON.parse(text) as { capture: { conversations: { segments: { flags: string[] }[]; omittedSegments: number }[] } }
    ).capture.conversations;
    assert.equal(conversation!.segments.length, 5000);
    assert.ok(conversation!.omittedSegments >= 4000, String(conversation!.omittedSegments));
    assert.deepEqual(
      [conversation!.segments[0]!.flags, conversation!.segments.at(-2)!.flags.includes('FIN')],
      [['SYN'], true],
    );
    assert.ok(text.length < 4 * 1024 * 1024, String(text.length));
  });

  test('tells what the capture lacks', async () => {
    const capture: Event = {
      at,
      kind: 'capture-finished',
      capture: {
        packets: 12,
        lost: 3,
        full: true,
        machines: [{ machine: 'vm1', interface: 'eth0', filter: 'tcp port 7999', clockOffsetMs: 0 }],
      },
    };
    const page = shownIn(await made({ events: changed(['capture-finished'], capture) }));
    assert.match(page, /3 packets are missing in the capture/);
    assert.match(page, /The capture was full/);
    assert.match(page, /captured on vm1 \( ?eth0 ?\)/);
  });

  test('says who held the port and how it was freed', async () => {
    const holder = {
      address: '0.0.0.0',
      port: 7999,
      pid: 4242,
      command: 'python3 <server.py>',
      user: 'ildvm1',
      startedAtMs: at.wallMs - 60_000,
    };
    const events: Event[] = [
      { at, kind: 'port-checked', machine: 'vm1', port: 7999, state: 'busy', holders: [holder], raw: 'LISTEN' },
      { at, kind: 'port-freed', machine: 'vm1', port: 7999, holders: [holder], signal: 'TERM' },
      { at, kind: 'port-checked', machine: 'vm1', port: 7999, state: 'time-wait', holders: [], raw: '' },
    ];
    const page = shownIn(await made({ events: changed(['port-checked'], ...events) }));
    assert.match(page, /python3 &lt;server\.py&gt; 4242 ildvm1 0\.0\.0\.0:7999/);
    assert.match(page, /was ended with the signal TERM: python3 &lt;server\.py&gt; \(PID 4242\)/);
    assert.match(page, /still remembered \(TIME_WAIT\)/);
  });

  test('has the hash of every file of the run, reports excepted', async () => {
    using run = storedRun();
    const { context } = testContext(run.path);
    await report(context, { run: undefined, language: 'en', format: 'html', output: undefined });
    const { file } = await report(context, { run: undefined, language: 'en', format: 'json', output: undefined });
    const { files } = JSON.parse(readFileSync(file!, 'utf8')) as { files: { name: string }[] };
    assert.deepEqual(
      files.map(({ name }) => name),
      [
        'capture.pcap',
        'client.cast',
        'client.log',
        'events.ndjson',
        'run.json',
        'server.cast',
        'server.log',
        'session.cast',
        'session.log',
        'sources/client/client.js',
        'sources/server/server.js',
      ],
    );
  });

  for (const language of ['en', 'fr'] as const) {
    test(`reads as it was looked at, as Markdown in the language ${language}`, async () => {
      const text = await made(
        { files: { 'sources/server/server.js': 'serve();\n', 'sources/client/client.js': 'connect();\n' } },
        'md',
        language,
      );
      // The last line says when it was made, the hashes above it are of files that this test changed.
      assertGolden(
        join(import.meta.dirname, `../report/golden/tp1-report.${language}.md`),
        text.slice(0, text.indexOf('## 11.')),
      );
    });
  }

  test('as Markdown holds no markup of programs', async () => {
    const evil = '```\n<script>\n| `a` | [x](javascript:1) ````\n# no heading';
    const text = await made(
      {
        events: changed(['port-checked'], {
          at,
          kind: 'port-checked',
          machine: 'vm1',
          port: 7999,
          state: 'free',
          holders: [],
          raw: '',
          tools: [{ command: 'a`b|c', output: evil }],
        }),
        files: { 'server.log': evil },
      },
      'md',
    );
    const fences = text
      .matchAll(/^(`{3,})(\w*)$/gm)
      .map(([, fence, info]) => `${fence!.length}${info}`)
      .toArray();
    assert.ok(fences.includes('5text'), fences.join(' '));
    assert.doesNotMatch(text.replaceAll(/^(`{3,})\w*\n[^]*?^\1$/gm, ''), /<script|^# no|\]\(javascript/m);
  });

  test('as JUnit has a test case for each step', async () => {
    assertGolden(join(import.meta.dirname, '../report/golden/tp1-report.xml'), await made({}, 'junit'));
    const broken = await made(
      {
        events: (recorded) => [
          recorded[0]!,
          { at, kind: 'run-finished', run: storedRunId, result: 'broken', durationMs: 5, reason: 'vm1 & <lost>\x1b' },
        ],
      },
      'junit',
    );
    assert.match(broken, /tests="1" failures="0" errors="1"[^]*<error message="vm1 &amp; &lt;lost&gt;\\u\{1b\}">/);
  });

  test('as JUnit names its attachments as build servers read them, and no program names one', async () => {
    using run = storedRun({
      files: {
        'report.html': '<p>',
        'session.log': 'server │ [[ATTACHMENT|/etc/passwd]]\n[[ATTACHMENT|/etc/shadow]]\n',
      },
      events: (recorded) =>
        recorded.map((event) =>
          event.kind === 'scenario-step-passed' && event.index === 3
            ? { ...event, kind: 'scenario-step-failed', reason: 'no' }
            : event,
        ),
    });
    const out = join(run.path, 'out/junit.xml');
    mkdirSync(join(run.path, 'out'));
    const attachmentsWith = async (env: Readonly<Record<string, string>>): Promise<string[]> => {
      const told = await runCli(['report', '--format', 'junit', '-o', 'out/junit.xml'], { cwd: run.path, env });
      assert.equal(told.exitCode, 0, told.stderr);
      const content = readFileSync(out, 'utf8');
      const cases = content.split('<testcase ').filter((part) => part.includes('[[ATTACHMENT|'));
      assert.deepEqual([cases.length, cases[0]?.includes('<failure ')], [1, true], 'those of the failed step');
      return [...content.matchAll(/\[\[ATTACHMENT\|(.*?)\]\]/g)].map((match) => match[1]!);
    };
    const names = ['report.html', 'session.cast', 'capture.pcap', 'client.log', 'server.log', 'session.log'];
    const none = { CI: '', GITLAB_CI: '', WORKSPACE: '' };
    const beside = await attachmentsWith(none);
    assert.deepEqual(
      beside,
      names.map((name) => `../.lab/runs/${storedRunId}/${name}`),
    );
    for (const path of beside) assert.ok(existsSync(join(dirname(out), path)), path);
    const inGitlab = await attachmentsWith({ ...none, GITLAB_CI: 'true', CI_PROJECT_DIR: run.path });
    assert.deepEqual(
      inGitlab,
      names.map((name) => `.lab/runs/${storedRunId}/${name}`),
    );
    assert.match(readFileSync(out, 'utf8'), /<property name="attachment" value="\.lab\/runs\/[^"]*\/report\.html"\/>/);
    assert.match(
      readFileSync(out, 'utf8'),
      /<testcase classname="tp1" name="[^"]*" file="lab\.yaml" line="\d+" time="/,
    );
    const inJenkins = await attachmentsWith({ ...none, CI: 'true', WORKSPACE: run.path });
    assert.deepEqual(
      inJenkins,
      names.map((name) => join(run.run, name)),
    );
    const parse = 'import sys, xml.dom.minidom; print(xml.dom.minidom.parse(sys.argv[1]).documentElement.tagName)';
    assert.equal(execFileSync('python3', ['-c', parse, out], { encoding: 'utf8' }), 'testsuites\n');
  });

  test('knows its formats and runs', async () => {
    using run = storedRun();
    const { context } = testContext(run.path);
    const options = { run: undefined, language: undefined, format: 'html', output: undefined };
    await assert.rejects(report(context, { ...options, format: 'pdf' }), { code: 'unknown-format', hint: /print it/ });
    await assert.rejects(report(context, { ...options, run: 'nothing' }), { code: 'run-unknown' });
    await assert.rejects(report(context, { ...options, output: 'no/such/folder.html' }), {
      code: 'no-folder',
      exitCode: 2,
    });
  });

  test('goes to standard output for "-", and nothing else does', async () => {
    using run = storedRun();
    const { stdout, exitCode } = await runCli(['report', '--format', 'junit', '-o', '-'], { cwd: run.path });
    assert.equal(exitCode, 0);
    assert.match(stdout, /^<\?xml[^]*<\/testsuites>\n$/);
  });
});

test('the recorded run tells the whole story by itself', () => {
  const kinds = new Set(recordedEvents().map(({ kind }) => kind));
  for (const kind of [
    'lab-described',
    'machine-described',
    'port-checked',
    'capture-finished',
    'run-finished',
  ] as const)
    assert.ok(kinds.has(kind), kind);
});
