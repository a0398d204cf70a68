import { broadcast } from '../../core/event-listeners.ts';
import type { EventSink } from '../../core/events.ts';
import { Progress, ProgressCollector, type CollectedProgress, type Loudness } from './progress.ts';
import { Relay } from './relay.ts';
import { StatusLines, type StatusLinesOptions } from './status-lines.ts';

export interface DisplayOptions extends StatusLinesOptions {
  readonly loudness: Loudness;
  /** Standard output belongs to one JSON document: nothing is relayed to it. */
  readonly json: boolean;
  /** Roles whose terminals are shown elsewhere: the user sits at their keyboard. */
  readonly without?: ReadonlySet<string> | undefined;
}

/** All that shows a command's events to its user. */
export interface Display {
  readonly events: EventSink;
  /** Steps and notices that came so far, for the document of `--json`. */
  readonly collected: () => CollectedProgress;
  /** Leaves the terminal to `work`. */
  readonly hush: <T>(work: () => Promise<T>) => Promise<T>;
  /** Takes away what is drawn on the terminal; for the end of the command. May be called twice. */
  readonly close: () => void;
}

/**
 * Progress and, unless it is quiet or for a program, the live relay of scenarios, on one screen. With `json` progress
 * still goes to stderr, and is collected, too.
 */
export function openDisplay(options: DisplayOptions): Display {
  const screen = new StatusLines(options);
  const collector = new ProgressCollector();
  const progress = new Progress(screen, options.loudness);
  const relay = options.json || options.loudness === 'quiet' ? undefined : new Relay(screen, options);
  return {
    events: broadcast([
      (event) => collector.listen(event),
      (event) => progress.listen(event),
      ...(relay ? [relay.listen.bind(relay)] : []),
    ]),
    collected: () => collector.collected(),
    hush: (work) => screen.hush(work),
    close: () => {
      relay?.close();
      screen.close();
    },
  };
}
