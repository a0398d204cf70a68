import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import packageJson from '../../../package.json' with { type: 'json' };
import { readTopic } from '../../../src/cli/help/topics.ts';
import { containerAdvice } from '../../../src/providers/netns/rights/container-advice.ts';
import type { HostSituation } from '../../../src/host/situation/host-situation.ts';
import { cannotBe, currentUser, finish, ordinaryUser, type Finished, type LabUser } from '../../helpers/lab-command.ts';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly if?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly 'runs-on': string; readonly steps: readonly Step[] }>>;
}

interface Pipeline {
  readonly lab: {
    readonly script: readonly string[];
    readonly after_script: readonly string[];
    readonly artifacts: { readonly paths: readonly string[]; readonly reports: { readonly junit: string } };
  };
}

const page = readTopic('ci', 'en').markdown;
const [workflowText = '', pipelineText = ''] = blocks(page, 'yaml');
const workflow = parse(workflowText) as Workflow;
const pipeline = parse(pipelineText) as Pipeline;

function blocks(text: string, language: string): string[] {
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter((match) => match[1] === language)
    .map((match) => match[2]!);
}

/** What the test of the package does, and what only the machines of GitHub have. */
const done = [
  /^npm install -g \.\/lab-[\d.]+\.tgz$/,
  /^sudo sysctl -w kernel\.apparmor_restrict_unprivileged_userns=0$/,
];

/** Lines of a recipe as its service types them, those that are `done` left out; they stop at the first that fails. */
function job(
  user: LabUser,
  lines: readonly string[],
  env: Readonly<Record<string, string>>,
  wrapper: readonly string[] = [],
): Promise<Finished> {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const own = lines.filter((line) => !done.some((pattern) => pattern.test(line)));
  assert.ok(own.length > 0 && own.length >= lines.length - done.length);
  const script = ['set -ex', `PATH="${dirname(user.executable)}:$PATH"`, ...own].join('\n');
  return finish(user.command([...wrapper, 'env', ...variables, 'bash', '-c', script]));
}

function assertArtifacts(user: LabUser, paths: readonly string[]): void {
  assert.ok(paths.length > 0);
  for (const path of paths) assert.ok(existsSync(join(user.folder, path)), path);
}

/** What is copied from a page, without its comments. */
function codeOf(text: string): string[] {
  return ['yaml', 'toml', 'dockerfile', 'sh']
    .flatMap((language) => blocks(text, language))
    .map((block) => block.replaceAll(/ # .*/g, ''));
}

const { steps } = workflow.jobs['lab']!;
const runs = steps.flatMap(({ run }) => run ?? []);

describe('the recipes of "lab help ci"', () => {
  test('have the same code in French', () => {
    assert.deepEqual(codeOf(readTopic('ci', 'fr').markdown), codeOf(page));
  });

  test('name this version of the package', () => {
    const named = [...page.matchAll(/lab-(\d[\w.]*)\.tgz/g)].map((match) => match[1]);
    assert.ok(named.length >= 4);
    assert.deepEqual(new Set(named), new Set([packageJson.version]));
  });

  test('give a container the rights that "lab doctor" asks for there', () => {
    const container = {
      container: 'docker',
      ci: undefined,
      reader: { isRoot: true, hasSudo: false, isAdministrator: false },
      hasSysAdmin: false,
      isFiltered: true,
      appArmorProfile: 'docker-default',
      hasSELinux: false,
      hidden: ['/proc/kcore'],
      ownsHost: true,
      hasTunDevice: false,
    } as const satisfies Partial<HostSituation>;
    const [, asked = ''] = containerAdvice(container as unknown as HostSituation);
    const options = /^docker run (.*) …$/.exec(asked)?.[1];
    assert.ok(options);
    assert.ok(page.includes(`docker run --rm ${options} \\\n`), options);
    for (const option of options.split(/ (?=--)/)) assert.ok(page.includes(`| \`${option}\``), option);
    const [, ...runner] = containerAdvice({ ...container, ci: 'gitlab' } as unknown as HostSituation);
    assert.equal(blocks(page, 'toml')[0], `${runner.join('\n')}\n`);
  });

  test('clean up and hand over what there is, also when a step failed', () => {
    const after = steps.slice(steps.findIndex(({ run }) => run === 'lab run') + 1);
    assert.deepEqual(
      after.map((step) => step.if),
      ['always()', 'always()', 'always()'],
    );
    assert.deepEqual(
      pipeline.lab.after_script,
      after.flatMap(({ run }) => run ?? []),
    );
    assert.deepEqual(
      pipeline.lab.script.slice(1),
      runs.filter((line) => !after.some(({ run }) => run === line) && !line.startsWith('sudo')),
    );
  });
});

for (const [kind, make] of [
  ['root', currentUser],
  ['ordinary', ordinaryUser],
] as const)
  test(
    `the recipe for GitHub Actions is played by ${kind === 'root' ? 'root' : 'an ordinary user'}`,
    { skip: cannotBe(kind) },
    async () => {
      await using user = make();
      const env = {
        CI: 'true',
        GITHUB_ACTIONS: 'true',
        GITHUB_WORKSPACE: user.folder,
        GITHUB_STEP_SUMMARY: join(user.folder, 'summary.md'),
      };
      const { exitCode, stdout, stderr } = await job(user, runs, env);
      assert.equal(exitCode, 0, stdout + stderr);
      const upload = steps.at(-1)!;
      assert.equal(upload.with?.['include-hidden-files'], true, 'without, .lab is left out');
      assertArtifacts(user, String(upload.with?.['path']).trim().split('\n'));
      assert.match(readFileSync(join(user.folder, 'summary.md'), 'utf8'), /^### ✅ Scenario tp1 passed/);
      assert.match(
        readFileSync(join(user.folder, 'junit.xml'), 'utf8'),
        /\[\[ATTACHMENT\|\.lab\/runs\/[^|]*\/report\.html\]\]/,
      );
      assert.doesNotMatch(stdout + stderr, /::error/);
    },
  );

describe('as root', { skip: cannotBe('root') }, () => {
  test('the recipe for GitLab is played in a folder that everybody may write to, as its runner makes it', async () => {
    await using user = currentUser();
    chmodSync(user.folder, 0o777);
    mkdirSync(join(user.folder, '.cache'), { mode: 0o777 });
    chmodSync(join(user.folder, '.cache'), 0o777);
    const env = { CI: 'true', GITLAB_CI: 'true', CI_PROJECT_DIR: user.folder, CI_BUILDS_DIR: user.folder };
    const { script, after_script: after, artifacts } = pipeline.lab;
    const { exitCode, stdout, stderr } = await job(user, [...script, ...after], env);
    assert.equal(exitCode, 0, stdout + stderr);
    assertArtifacts(user, [...artifacts.paths, artifacts.reports.junit]);
    assert.match(stdout, /^GitLab, /m);
  });

  test('in a container without its rights, the job ends with the lines that it lacks', async () => {
    await using user = currentUser();
    const wrapper = ['setpriv', '--bounding-set=-sys_admin', '--inh-caps=-all', 'env', 'container=docker'];
    const { exitCode, stdout } = await job(user, runs, { GITHUB_ACTIONS: 'true' }, wrapper);
    assert.equal(exitCode, 3, stdout);
    assert.match(stdout, /below "container:" of this job:\n *options: --cap-add SYS_ADMIN/);
    assert.ok(!existsSync(join(user.folder, '.lab/state.json')));
  });
});
