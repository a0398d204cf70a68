import type { JournalEntry, ProviderJournal } from '../providers/provider.ts';

/** Kind of the records of what was started to outlive a command. */
const KIND = 'service';

/** A program that was started on a machine and outlives the command that did it. */
export interface ServiceNote {
  readonly machine: string;
  readonly name: string;
  /** By `lab start`, and no service of the lab file. */
  readonly byHand: boolean;
}

/** Written down before it is started. */
export async function noteService(journal: ProviderJournal, note: ServiceNote): Promise<void> {
  const known = serviceNotes(await journal.records());
  const isKnown = known.some((one) =>
    Object.entries(note).every(([key, value]) => one[key as keyof ServiceNote] === value),
  );
  if (!isKnown) await journal.append({ kind: KIND, ...note });
}

/** Each program that may run on, once, as it was noted last. */
export function serviceNotes(records: readonly JournalEntry[]): ServiceNote[] {
  const notes = records.flatMap(({ kind, machine, name, byHand }): ServiceNote[] =>
    kind === KIND && typeof machine === 'string' && typeof name === 'string'
      ? [{ machine, name, byHand: byHand === true }]
      : [],
  );
  return [...new Map(notes.map((note) => [`${note.machine} ${note.name}`, note])).values()];
}
