import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { report } from '../../src/commands/runs/report.ts';
import type { LanguageCode } from '../../src/core/lab-description.ts';
import type { Event, StepPlace } from '../../src/core/events.ts';
import type { StepProblem } from '../../src/core/step-problem.ts';
import { currentProcess } from '../../src/host/process-identity.ts';
import { RunSummary, type RunDocument } from '../../src/report/run/run-summary.ts';
import { readRun } from '../../src/state/runs/read-run.ts';
import { testContext } from '../helpers/command-context.ts';
import { assertGolden } from '../helpers/golden.ts';
import { recordedEvents, storedRun, storedRunId } from '../helpers/stored-run.ts';

process.env['TZ'] = 'UTC';

const problem: StepProblem = {
  expected: { kind: 'text', role: 'server', pattern: '"from client Salut"' },
  seen: { kind: 'nothing-in-time' },
  nearest: "from client 'Sault' <b>",
  role: 'server',
  limitMs: 10_000,
  hint: { kind: 'lines-dropped', lines: 12 },
  evidence: {
    programs: [
      {
        role: 'server',
        machine: 'vm1',
        look: {
          waits: ['accept'],
          typedUnread: 0,
          sockets: [
            {
              protocol: 'tcp',
              state: 'established',
              local: { address: '192.168.100.4', port: 7999 },
              peer: { address: '192.168.100.5', port: 41_000 },
              unread: 8,
              unsent: 0,
              isWaitedFor: false,
            },
          ],
        },
      },
      { role: 'client', machine: 'vm2', end: { exitCode: 1 } },
    ],
    cause: { role: 'client', machine: 'vm2', end: { exitCode: 1 }, line: 'TypeError: no' },
    names: { '192.168.100.4': 'vm1', '192.168.100.5': 'vm2' },
  },
};

const recorded = recordedEvents();
const steps: StepPlace[] = recorded
  .filter((event) => event.kind === 'scenario-step-started')
  .map(({ index, line, text }) => ({ index, line, text }));
const at = { monotonicMs: 2000, wallMs: Date.UTC(2026, 10, 23, 6, 26, 48) };

/** The recorded run, as if its fourth step had failed; `end` is what comes then. */
function failing(end: readonly Event[]): Event[] {
  const begun = recorded.findIndex((event) => event.kind === 'scenario-step-started' && event.index === 3);
  return [
    ...recorded
      .slice(0, begun + 1)
      .map((event) => (event.kind === 'run-started' ? Object.assign(structuredClone(event), { steps }) : event)),
    ...end,
  ];
}

const failed: Event = {
  at,
  kind: 'scenario-step-failed',
  ...steps[3]!,
  durationMs: 10_001,
  reason: 'it did not come within 10 s',
  problem,
};
const finished: Event = { at, kind: 'run-finished', run: storedRunId, result: 'failed', durationMs: 10_400 };

async function made(events: readonly Event[], format: string, language: LanguageCode): Promise<string> {
  using run = storedRun({ events: () => events });
  const { file } = await report(testContext(run.path).context, { run: undefined, language, format, output: undefined });
  return readFileSync(file!, 'utf8');
}

function plain(text: string): string {
  return text
    .replaceAll(/[\u00a0\u202f]/g, ' ')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'");
}

describe('the report of a run whose step failed', () => {
  test('says the whole failure on the first card, in the language of the report', async () => {
    const page = plain(await made(failing([failed, finished]), 'html', 'fr'));
    const card = /<ul class="tiles"><li[^]*?<\/li>/
      .exec(page)![0]
      .replaceAll(/<[^>]+>/g, ' ')
      .replaceAll(/\s+/g, ' ');
    assert.equal(
      card.trim(),
      'échoué ✗ 3 étapes réussies sur 9, 5 non atteintes ' +
        'L’étape 4 attendait "from client Salut" sur le terminal de server, mais ce texte n’est pas apparu en 10 s. ' +
        "la ligne la plus proche : from client 'Sault' &lt;b&gt; " +
        'cause : client s’est terminé avec le code 1 ; ses derniers mots : TypeError: no ' +
        'à ce moment : server attend dans accept() un deuxième client, 8 octets de vm2 ne sont pas lus ' +
        'conseil : Les 12 premières lignes ne sont plus conservées ; il y était peut-être.',
    );
    assert.equal(page.match(/non atteinte<|non atteinte /g)?.length, 5);
  });

  for (const language of ['en', 'fr'] as const)
    test(`reads as it was looked at, as Markdown and JUnit in the language ${language}`, async () => {
      const text = await made(failing([failed, finished]), 'md', language);
      const checks = text.slice(text.indexOf('## 10.'), text.indexOf('## 11.'));
      const head = text.slice(0, text.indexOf('## 1.'));
      const junit = await made(failing([failed, finished]), 'junit', language);
      assertGolden(
        join(import.meta.dirname, `golden/failed-run.${language}.txt`),
        `${head}${checks}${junit.slice(0, junit.indexOf('<system-out>'))}`,
      );
    });

  test('has the problem as data, and the steps that were not reached', async () => {
    const { run } = JSON.parse(await made(failing([failed, finished]), 'json', 'fr')) as { run: RunDocument };
    assert.deepEqual(run.steps[3]!.problem, problem);
    assert.deepEqual(
      run.steps.map(({ index, result, notReached = false }) => [index, result, notReached]),
      [
        [0, 'passed', false],
        [1, 'passed', false],
        [2, 'passed', false],
        [3, 'failed', false],
        [4, 'skipped', true],
        [5, 'skipped', true],
        [6, 'skipped', true],
        [7, 'skipped', true],
        [8, 'skipped', true],
      ],
    );
  });

  test('of an older lab, which kept no data, says the reason as it was stored', async () => {
    const { problem: _none, ...old } = failed;
    const events = failing([old, finished]).map((event) => {
      if (event.kind !== 'run-started') return event;
      const { steps: _unknown, ...started } = event;
      return started;
    });
    const page = await made(events, 'html', 'fr');
    assert.match(
      page,
      /<li class="tile tile-bad tile-wide">[^]*?3 étapes réussies sur 4<[^]*?<p>it did not come within 10 s<\/p>/,
    );
    assert.match(await made(events, 'junit', 'fr'), /tests="4" failures="1" errors="0" skipped="0"/);
  });

  test('of a lab that was killed lists the steps that it did not come to; of one that runs, those so far', async () => {
    const begun = {
      ...new RunSummary().document(),
      run: storedRunId,
      lab: 'tp1',
      scenario: 'tp1',
      startedAt: '2026-11-23T06:26:37.188Z',
    };
    const resultOf = async (played: NonNullable<RunDocument['process']>): Promise<RunDocument> => {
      const document = { ...begun, process: played };
      using run = storedRun({ events: () => failing([]), files: { 'run.json': JSON.stringify(document) } });
      return await readRun({ path: run.run });
    };
    const killed = await resultOf({ ...currentProcess(), pid: 2 ** 30 });
    assert.equal(killed.result, 'broken');
    assert.deepEqual(
      killed.steps.map(({ result }) => result),
      ['passed', 'passed', 'passed', 'running', 'skipped', 'skipped', 'skipped', 'skipped', 'skipped'],
    );
    const running = await resultOf(currentProcess());
    assert.deepEqual([running.result, running.steps.length], ['running', 4]);
  });
});
