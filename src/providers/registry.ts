import { UsageError } from '../core/errors.ts';
import { suggestion } from '../core/text/suggest.ts';
import type { Provider } from './provider.ts';

/** All providers of this build, each loaded only when it is asked for. */
const providers: Readonly<Record<string, () => Promise<Provider>>> = {
  netns: async () => new (await import('./netns/provider.ts')).NetnsProvider(),
  qemu: async () => new (await import('./qemu/provider.ts')).QemuProvider(),
  ssh: async () => new (await import('./ssh/provider.ts')).SshProvider(),
};

export const providerNames: readonly string[] = Object.keys(providers);

/** @throws {UsageError} for an unknown name, with the known ones. */
export async function providerNamed(name: string): Promise<Provider> {
  const load = providers[name];
  if (!load)
    throw new UsageError(`there is no provider "${name}"`, {
      code: 'provider-unknown',
      hint: suggestion(name, providerNames),
    });
  return load();
}
