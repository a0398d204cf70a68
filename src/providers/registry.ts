import { checkProviderName } from '../lab/fields/rules.ts';
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
  checkProviderName(name, allProviders.names);
  return loaders[name]!();
}

async function having<A extends Ability>(ability: A): Promise<readonly AbleProvider<A>[]> {
  const all = await Promise.all(Object.values(loaders).map((load) => load()));
  return all.filter((provider): provider is AbleProvider<A> => provider[ability] !== undefined);
}
