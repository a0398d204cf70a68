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
