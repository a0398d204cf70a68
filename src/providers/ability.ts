import { say } from '../core/language/say.ts';
import type { Ability, ProviderRegistry } from './provider.ts';

/** What a user may say to have an ability that the machines at hand lack: `--provider qemu`. */
export async function flagsFor(ability: Ability, providers: ProviderRegistry): Promise<string> {
  const able = await providers.having(ability);
  return able.map(({ name }) => `--provider ${name}`).join(say` or `);
}
