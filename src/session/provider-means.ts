import type { LoginPolicy, Making, ProviderJournal, Work } from '../providers/provider.ts';
import type { CommandContext } from './context.ts';

/** The part of a command's context that a login uses; empty when the user is no longer there. */
export type LoginSource = Partial<Pick<CommandContext, 'terminal' | 'acceptNewHostKeys' | 'patience'>>;

/** What a login to a machine may take from the user of a command. */
export function loginPolicy({ terminal, acceptNewHostKeys, patience }: LoginSource): LoginPolicy {
  const { confirm, answer } = terminal ?? {};
  return { questions: confirm && answer && { confirm, answer }, acceptNewHostKeys, patience };
}

/** What a command lets a provider work with. */
export function workOf({ events, signal, offline = false }: CommandContext): Work {
  return { events, signal, offline };
}

/** What a command that holds the lock, and so has the journal, lets a provider make things with. */
export function makingOf({
  context,
  journal,
}: {
  readonly context: CommandContext;
  readonly journal: ProviderJournal;
}): Making {
  return { ...workOf(context), login: loginPolicy(context), journal };
}
