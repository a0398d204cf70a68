import type { ProviderContext, Questions } from '../providers/provider.ts';
import type { Journal } from '../state/journal.ts';
import type { CommandContext } from './context.ts';

/** Which lab of this host is meant. */
export interface LabPlace {
  readonly labId: string;
  readonly stateFolder: string;
}

/** The part of a command's context that providers hear of. */
export type ProviderSide = Pick<CommandContext, 'providers' | 'events' | 'signal'> &
  Partial<Pick<CommandContext, 'terminal' | 'acceptNewHostKeys' | 'offline' | 'patience'>>;

/** What a provider needs to work on one lab. Without a journal it may make nothing: to attach, to remove. */
export function providerContext(
  { events, signal, terminal, acceptNewHostKeys, offline, patience }: ProviderSide,
  { labId, stateFolder }: LabPlace,
  journal?: Journal,
): ProviderContext {
  const journalled = journal
    ? journal.append.bind(journal)
    : (): Promise<never> => Promise.reject(new Error('this command makes nothing, so it has no journal'));
  return {
    labId,
    stateFolder,
    events,
    signal,
    journal: journalled,
    questions: questionsOf(terminal),
    acceptNewHostKeys,
    offline,
    patience,
  };
}

function questionsOf(terminal: CommandContext['terminal'] | undefined): Questions | undefined {
  const { confirm, answer } = terminal ?? {};
  return confirm && answer && { confirm, answer };
}
