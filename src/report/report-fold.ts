import { type EventHandlers, handleEvent } from '../core/event-listeners.ts';
import type { Event } from '../core/events.ts';
import { NetworkFold } from './attempts/network-fold.ts';
import type { MachineFacts } from '../core/lab-description.ts';
import { MomentFold } from './terminals/moments.ts';
import { RecordingFold } from './terminals/terminal-recording.ts';
import type { ReportPortCheck } from './report-data.ts';
import { RunSummary } from './run/run-summary.ts';

const MOST_PORT_CHECKS = 100;
const MOST_NOTICES = 50;

/** Folds the events of a run into the parts of a report that come from them, in bounded memory. */
export class ReportFold {
  readonly summary = new RunSummary();
  readonly moments = new MomentFold();
  readonly recordings = new RecordingFold();
  readonly facts = new Map<string, MachineFacts>();
  readonly portChecks: ReportPortCheck[] = [];
  readonly notices: string[] = [];
  readonly network = new NetworkFold();
  readonly #handlers: EventHandlers<void> = {
    'machine-described': ({ machine, facts }) => void this.facts.set(machine, facts),
    'port-checked': ({ raw, tools = [] }) => {
      const check = this.summary.document().portChecks.at(-1)!;
      if (this.portChecks.length < MOST_PORT_CHECKS) this.portChecks.push({ ...check, raw, tools });
    },
    notice: ({ message, hint }) => {
      if (this.notices.length < MOST_NOTICES) this.notices.push(hint === undefined ? message : `${message} ${hint}`);
    },
  };

  /** Takes all events of the run, in order. */
  take(event: Event): void {
    this.summary.add(event);
    this.moments.take(event);
    this.network.take(event);
    this.recordings.take(event);
    handleEvent(this.#handlers, event);
  }
}
