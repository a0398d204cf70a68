import type { Event } from './events.ts';

export type EventKind = Event['kind'];

export type EventOf<K extends EventKind> = Extract<Event, { readonly kind: K }>;

/** A formatter for each kind of event that matters to somebody; the other kinds pass by. */
export type EventHandlers<R> = { readonly [K in EventKind]?: (event: EventOf<K>) => R };

/** What the handler of the event's kind makes of it; undefined when there is none. */
export function handleEvent<R>(handlers: EventHandlers<R>, event: Event): R | undefined {
  const handler = handlers[event.kind] as ((event: Event) => R) | undefined;
  return handler?.(event);
}
