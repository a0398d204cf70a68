import { timestamp, type Event, type EventSink, type Timestamp } from './events.ts';

/**
 * Takes events with their time. It must do its formatting and its writing before it returns, so that order is kept when
 * several sources emit at once; the promise only says when its source may go on.
 */
export type EventListener = (event: Event) => void | Promise<void>;

/**
 * A sink that stamps each event once and gives it to all listeners. It is as slow as the slowest of them; all hear an
 * event even if one throws.
 */
export function broadcast(listeners: readonly EventListener[], clock: () => Timestamp = timestamp): EventSink {
  return {
    emit: (body) => {
      const event: Event = { at: clock(), ...body };
      const waits = listeners.map((listener) => listener(event)).filter((wait) => wait !== undefined);
      return waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined);
    },
  };
}

export type EventKind = Event['kind'];

export type EventOf<K extends EventKind> = Extract<Event, { readonly kind: K }>;

/** A formatter for each kind of event that matters here; the other kinds pass by. */
export type EventHandlers<R> = { readonly [K in EventKind]?: (event: EventOf<K>) => R };

/** What the handler of the event's kind makes of it; undefined when there is none. */
export function handleEvent<R>(handlers: EventHandlers<R>, event: Event): R | undefined {
  const handler = handlers[event.kind] as ((event: Event) => R) | undefined;
  return handler?.(event);
}
