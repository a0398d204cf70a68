import type { Provider, ProviderRegistry } from '../providers/provider.ts';
import type { CommandContext } from './context.ts';
import type { OpenedLab } from './lab-file/opened-lab.ts';
import { Session } from './session.ts';

/** Opens the lab of a command; nothing is read yet. */
export function openSession(context: CommandContext): Session {
  let opened: Promise<OpenedLab> | undefined;
  const providers = onceEach(context.providers);
  return new Session({ context, providers, lab: () => (opened ??= readLab({ ...context, providers })) });
}

/** What reads lab files takes half as long to load as all else: commands that read none do without. */
async function readLab(context: CommandContext): Promise<OpenedLab> {
  return (await import('./lab-file/open-lab.ts')).openLab(context);
}

function onceEach(providers: ProviderRegistry): ProviderRegistry {
  const made = new Map<string, Promise<Provider>>();
  return {
    names: providers.names,
    named(name) {
      const provider = made.get(name) ?? providers.named(name);
      made.set(name, provider);
      return provider;
    },
    having: (ability) => providers.having(ability),
  };
}
