import { UsageError } from '../core/errors.ts';
import { suggestion } from '../core/text/suggest.ts';
import type { Provider, ProviderRegistry } from './provider.ts';

/** Each is loaded only when it is asked for. */
const loaders: Readonly<Record<string, () => Promise<Provider>>> = {
  netns: async () => new (await import('./netns/provider.ts')).NetnsProvider(),
  qemu: async () => new (await import('./qemu/provider.ts')).QemuProvider(),
  ssh: async () => new (await import('./ssh/provider.ts')).SshProvider(),
};

/** All providers of this build. */
export const allProviders: ProviderRegistry = { names: Object.keys(loaders), named: providerNamed };

async function providerNamed(name: string): Promise<Provider> {
  const load = loaders[name];
  if (!load)
    throw new UsageError(`there is no provider "${name}"`, {
      code: 'provider-unknown',
      hint: suggestion(name, allProviders.names),
    });
  return load();
}
