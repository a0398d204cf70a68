import { silent, type EventSink } from '../core/events.ts';
import type { GlobalOptions } from './command-line.ts';

/** Who is told what happens. */
export async function eventSinkFor(_command: string, _global: GlobalOptions): Promise<EventSink> {
  return silent;
}
