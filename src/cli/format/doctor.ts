import type { DoctorResult, ProviderHealth } from '../../commands/lab/doctor.ts';
import type { Requirement } from '../../providers/provider.ts';
import type { Style } from '../show/style.ts';

export function formatDoctor({ inUse, providers, fetched }: DoctorResult, style: Style): string {
  const got = fetched.length === 0 ? '' : `Unpacked for lab alone: ${fetched.join(', ')}\n\n`;
  return got + providers.map((health) => section(health, health.provider === inUse, style)).join('\n');
}

function section({ provider, usable, requirements }: ProviderHealth, inUse: boolean, style: Style): string {
  const verdict = usable ? style('green', 'ready') : style('red', 'not ready');
  return `${style('bold', provider)}${inUse ? ' (in use)' : ''}: ${verdict}\n${requirements.map((requirement) => line(requirement, style)).join('')}`;
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
