import type { DoctorResult, JobFacts, ProviderHealth } from '../../../commands/lab/doctor.ts';
import { ExitCode } from '../../../core/errors.ts';
import { say } from '../../../core/language/say.ts';
import type { Requirement } from '../../../providers/provider.ts';
import { defineCommand } from '../../command/define-command.ts';
import { flag } from '../../command/parameters.ts';
import type { Annotation } from '../../job/annotation.ts';
import { outcome } from '../../outcome.ts';
import type { Style } from '../../show/style.ts';

export const doctorCommand = defineCommand({
  name: 'doctor',
  group: 'start',
  summary: say`what this host has and lacks for each provider, and how to get what is missing`,
  details: [
    say`It changes nothing, unless --fix is given.`,
    say`It exits 3 when the provider in use (of the lab file, or else netns) lacks something that it needs.`,
  ].join(' '),
  options: {
    fix: flag(
      say`download missing tools from Debian or Ubuntu packages into a folder of lab; nothing is installed on the host`,
    ),
    ci: flag(
      say`whether this job of GitHub Actions, GitLab or another service can run labs, and what to write into its recipe if not`,
    ),
  },
  examples: [
    { words: 'doctor', does: say`look at all providers` },
    { words: 'doctor --fix', does: say`get the tools that are missing, without root` },
    { words: 'doctor --fix --provider qemu', does: say`get QEMU as well, for virtual machines` },
    { words: 'doctor --ci', does: say`as a first step of a job` },
  ],
  run: async ({ context, options, style }) => {
    const { doctor } = await import('../../../commands/lab/doctor.ts');
    const result = await doctor(context, options);
    const { usable } = healthInUse(result);
    const annotations = options.ci && !usable ? annotationsFor(result) : [];
    const text = result.job === undefined ? formatDoctor(result, style) : formatJob(result, result.job, style);
    return outcome(result, text, usable ? ExitCode.done : ExitCode.environment, { annotations });
  },
});

export function formatDoctor({ inUse, providers, fetched }: DoctorResult, style: Style): string {
  const got = fetched.length === 0 ? '' : say`Unpacked for lab alone: ${fetched.join(', ')}\n\n`;
  return got + providers.map((health) => section(health, health.provider === inUse, style)).join('\n');
}

/** What the job is, and of the provider in use only what is not there. */
export function formatJob(result: DoctorResult, job: JobFacts, style: Style): string {
  const container = job.container === null ? say`no container` : say`a container (${job.container})`;
  const health = healthInUse(result);
  const lacks = health.requirements.filter(({ status }) => status !== 'present');
  const verdict = health.usable
    ? style('green', say`this job can run labs`)
    : style('red', say`this job cannot run labs`);
  return [
    `${style('bold', serviceOf(job))}, ${container}, ${job.root ? 'root' : say`an ordinary user`}`,
    ...factsOf(job).map(([name, found]) => `  ${name.padEnd(15)}${found}`),
    say`${style('bold', health.provider)}: ${verdict}`,
    ...lacks.map((requirement) => line(requirement, style).trimEnd()),
    '',
  ].join('\n');
}

function factsOf({ root, sysAdmin, seccomp, appArmor, seLinux, hidden, tunDevice }: JobFacts): [string, string][] {
  return [
    ...(root ? [['CAP_SYS_ADMIN', presence(sysAdmin)] as [string, string]] : []),
    ['seccomp', seccomp ? say`a filter of system calls` : say`no filter`],
    ['AppArmor', appArmor ?? say`no profile`],
    ['SELinux', seLinux ? say`enforcing` : say`not enforcing`],
    ['/proc, /sys', hidden.length === 0 ? say`whole` : say`hidden in part: ${hidden.slice(0, 3).join(', ')}`],
    ['/dev/net/tun', presence(tunDevice)],
  ];
}

function serviceOf({ service }: JobFacts): string {
  if (service === null) return say`no job: CI is not set`;
  return { github: 'GitHub Actions', gitlab: 'GitLab', other: say`a job of another service` }[service];
}

function presence(isThere: boolean): string {
  return isThere ? say`there` : say`not there`;
}

function healthInUse({ inUse, providers }: DoctorResult): ProviderHealth {
  return providers.find(({ provider }) => provider === inUse)!;
}

function annotationsFor(result: DoctorResult): Annotation[] {
  return healthInUse(result)
    .requirements.filter(({ status }) => status === 'missing')
    .map(({ description, found, howToGet }) => ({
      title: `lab doctor: ${description}`,
      message: [found, ...howToGet].join('\n'),
    }));
}

function section({ provider, usable, requirements }: ProviderHealth, inUse: boolean, style: Style): string {
  const verdict = usable ? style('green', say`ready`) : style('red', say`not ready`);
  const lines = requirements.map((requirement) => line(requirement, style));
  const name = style('bold', provider);
  const head = inUse ? say`${name} (in use): ${verdict}` : say`${name}: ${verdict}`;
  return `${head}\n${lines.join('')}`;
}

/** Columns of the marks before what a provider needs. */
const MARK_WIDTH = 7;

function line({ status, description, found, howToGet }: Requirement, style: Style): string {
  const mark = {
    present: style('green', say`ok`.padEnd(MARK_WIDTH)),
    missing: style('red', say`missing`.padEnd(MARK_WIDTH)),
    'optional-missing': style('yellow', say`lacking`.padEnd(MARK_WIDTH)),
  }[status];
  const steps = status === 'present' ? [] : howToGet.map((step) => `            ${step}\n`);
  return `  ${say`${mark} ${description}: ${found}`}\n${steps.join('')}`;
}
