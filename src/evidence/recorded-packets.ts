import type { PacketSource } from '../capture/packet-source.ts';
import type { AttemptSource } from '../observe/attempts/attempt-watch.ts';
import type { Stage } from '../scenario/stage.ts';
import type { RunFolder } from '../state/runs/run-folder.ts';

/** What the network saw of one play, while it is played. */
export interface RecordedPackets {
  readonly source: PacketSource;
  readonly attempts: AttemptSource;
  /** Ends the capture and stores at most so many bytes of it in the run folder, and reports it and the attempts. */
  keep(folder: RunFolder, mostBytes: number): Promise<void>;
}

/** Begins to capture the packets of these programs, at most so many bytes on all machines together. */
export type PacketRecorder = (roles: readonly string[], stage: Stage, mostBytes: number) => RecordedPackets;
