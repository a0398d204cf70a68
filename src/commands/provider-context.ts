import type { ProviderContext } from '../providers/provider.ts';
import type { Journal } from '../state/journal.ts';
import type { CommandContext } from './context.ts';

/** Which lab of this host is meant. */
export interface LabPlace {
  readonly labId: string;
  readonly stateFolder: string;
}

/** What a provider needs to work on one lab. Without a journal it may make nothing: to attach, to remove. */
export function providerContext({ events, signal }: Pick<CommandContext, 'events' | 'signal'>, { labId, stateFolder }: LabPlace, journal?: Journal): ProviderContext {
  const journalled = journal ? journal.append.bind(journal) : (): Promise<never> => Promise.reject(new Error('this command makes nothing, so it has no journal'));
  return { labId, stateFolder, events, signal, journal: journalled };
}
