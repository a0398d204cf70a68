import type { DoctorResult, ProviderHealth } from '../../../commands/lab/doctor.ts';
import { ExitCode } from '../../../core/errors.ts';
import type { Requirement } from '../../../providers/provider.ts';
import { defineCommand } from '../../command/define-command.ts';
import { flag } from '../../command/parameters.ts';
import { outcome } from '../../outcome.ts';
import type { Style } from '../../show/style.ts';

export const doctorCommand = defineCommand({
  name: 'doctor',
  group: 'start',
  summary: 'what this host has and lacks for each provider, and how to get what is missing',
  details:
    'It changes nothing, unless --fix is given. It exits 3 when the provider in use (of the lab file, or else netns) ' +
    'lacks something that it needs.',
  options: {
    fix: flag(
      'download missing tools from Debian or Ubuntu packages into a folder of lab; nothing is installed on the host',
    ),
  },
  examples: [
    { words: 'doctor', does: 'look at all providers' },
    { words: 'doctor --fix', does: 'get the tools that are missing, without root' },
  ],
  run: async ({ context, options, style }) => {
    const { doctor } = await import('../../../commands/lab/doctor.ts');
    const result = await doctor(context, { fix: options.fix });
    const usable = result.providers.find(({ provider }) => provider === result.inUse)?.usable === true;
    return outcome(result, formatDoctor(result, style), usable ? ExitCode.done : ExitCode.environment);
  },
});

export function formatDoctor({ inUse, providers, fetched }: DoctorResult, style: Style): string {
  const got = fetched.length === 0 ? '' : `Unpacked for lab alone: ${fetched.join(', ')}\n\n`;
  return got + providers.map((health) => section(health, health.provider === inUse, style)).join('\n');
}

function section({ provider, usable, requirements }: ProviderHealth, inUse: boolean, style: Style): string {
  const verdict = usable ? style('green', 'ready') : style('red', 'not ready');
  const lines = requirements.map((requirement) => line(requirement, style));
  return `${style('bold', provider)}${inUse ? ' (in use)' : ''}: ${verdict}\n${lines.join('')}`;
}

function line({ status, description, found, howToGet }: Requirement, style: Style): string {
  const mark = {
    present: style('green', 'ok     '),
    missing: style('red', 'missing'),
    'optional-missing': style('yellow', 'lacking'),
  }[status];
  const steps = status === 'present' ? [] : howToGet.map((step) => `            ${step}\n`);
  return `  ${mark} ${description}: ${found}\n${steps.join('')}`;
}
