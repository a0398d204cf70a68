import { UsageError } from '../core/errors.ts';
import { suggestion } from '../core/text/suggest.ts';
import type { Ability, AbleProvider, Provider, ProviderRegistry } from './provider.ts';

/** Each is loaded only when it is asked for. */
const loaders: Readonly<Record<string, () => Promise<Provider>>> = {
  netns: async () => new (await import('./netns/provider.ts')).NetnsProvider(),
  qemu: async () => new (await import('./qemu/provider.ts')).QemuProvider(),
  ssh: async () => new (await import('./ssh/provider.ts')).SshProvider(),
};

/** All providers of this build. */
export const allProviders: ProviderRegistry = { names: Object.keys(loaders), named, having };

async function named(name: string): Promise<Provider> {
  const load = loaders[name];
  if (!load)
    throw new UsageError(`there is no provider "${name}"`, {
      code: 'provider-unknown',
      hint: suggestion(name, allProviders.names),
    });
  return load();
}

async function having<A extends Ability>(ability: A): Promise<readonly AbleProvider<A>[]> {
  const all = await Promise.all(Object.values(loaders).map((load) => load()));
  return all.filter((provider): provider is AbleProvider<A> => provider[ability] !== undefined);
}
