import { say } from '../../core/language/say.ts';
import type { KeptService } from '../../session/keep-services.ts';

/** What was done for services that were to be started. */
export function startedText({ services }: { readonly services: readonly KeptService[] }): string {
  return services
    .map(({ name, on, action }) => {
      if (action === 'done') return say`${name} on ${on} has ended, with exit code 0.\n`;
      return action === 'kept' ? say`${name} on ${on} runs already.\n` : say`${name} on ${on} runs.\n`;
    })
    .join('');
}
