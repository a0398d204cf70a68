import type { PacketSource } from '../capture/packet-source.ts';
import type { Stage } from '../scenario/stage.ts';
import type { RunFolder } from '../state/runs/run-folder.ts';

/** The packets of one play, while they are captured. */
export interface RecordedPackets {
  readonly source: PacketSource;
  /** Ends the capture and stores at most so many bytes of it in the run folder, and reports it. */
  keep(folder: RunFolder, mostBytes: number): Promise<void>;
}

/** Begins to capture the packets of these programs, at most so many bytes on all machines together. */
export type PacketRecorder = (roles: readonly string[], stage: Stage, mostBytes: number) => RecordedPackets;
