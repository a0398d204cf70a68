import { EnvironmentError } from '../core/errors.ts';
import type { Provider, Requirement } from '../providers/provider.ts';
import { say } from '../core/language/say.ts';

/**
 * Makes sure that this host has what the provider needs.
 *
 * @throws {EnvironmentError} with all that is missing, each with how to get it.
 */
export async function requireHost(
  provider: Provider,
  options: { readonly thorough?: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const missing = (await provider.check(options)).filter(({ status }) => status === 'missing');
  if (missing.length === 0) return;
  const names = missing.map(({ description }) => description).join(', ');
  throw new EnvironmentError(say`this host cannot make machines with ${provider.name} yet: ${names}`, {
    code: 'requirements-missing',
    detail: missing.map(describeRequirement).join('\n'),
    hint: say`Do what is said above, then try again; "lab doctor" shows everything that it looks at.`,
    data: { provider: provider.name, missing },
  });
}

/** What is missing, what was found instead, and how to get it, on lines of their own. */
export function describeRequirement({ description, found, howToGet }: Requirement): string {
  return [say`  ${description}: ${found}`, ...howToGet.map((step) => `      ${step}`)].join('\n');
}
