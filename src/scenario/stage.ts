import type { PacketSource } from '../capture/packet-source.ts';
import type { EventSink } from '../core/events.ts';
import type { AttemptSource } from '../observe/attempts/attempt-watch.ts';
import type { Lab, Program } from '../lab/types.ts';
import type { Observer } from '../observe/observer.ts';
import type { Shell, TerminalSize } from '../ssh/shell.ts';
import type { Operator } from './playing/keyboard.ts';
import type { Standstill } from './playing/standstill.ts';
import type { StageProgram } from './playing/stage-program.ts';

/** Everything that a scenario is played with. */
export interface Stage {
  readonly lab: Lab;
  /** By name of the machine. */
  readonly shells: ReadonlyMap<string, Shell>;
  /** By name of the program; what `deployPrograms` returned. */
  readonly programs: ReadonlyMap<string, StageProgram>;
  readonly events: EventSink;
  /** How many times as long as usual the slowest machine takes; default limits are as much longer. Default 1. */
  readonly slowness?: number | undefined;
  /** Whether the machines can be made again (`lab run --fresh`). Default: no. */
  readonly canBeFresh?: boolean | undefined;
  /** Whether machines run the programs of this host, as far as they see its folders. Default: no. */
  readonly sharesPrograms?: boolean | undefined;
  /** Stops the play; what runs is still ended. */
  readonly signal: AbortSignal;
  /** Size of every terminal; default 120 columns, 30 rows. */
  readonly terminal?: TerminalSize | undefined;
  /**
   * Runs before each start of a program; a `CheckError` fails the step. Default: checks the ports that it listens on.
   */
  readonly beforeStart?: ((program: Program) => Promise<void>) | undefined;
  /**
   * The packets of the run while they are captured; a program is not started before the capture is ready. Without it
   * nothing is captured.
   */
  readonly packets?: PacketSource | undefined;
  /** By name of the machine: what tells what programs there do. Without one, that is not known. */
  readonly observers?: ReadonlyMap<string, Observer> | undefined;
  /** By name of the machine: how many processes were ended in this run because its memory was used up. */
  readonly memoryKills?: ReadonlyMap<string, () => number> | undefined;
  /** What the machines try to reach in the run; a program is not started before they are watched. */
  readonly attempts?: AttemptSource | undefined;
  /**
   * Called with a text of the scenario before it is typed at a terminal that does not echo: what is stored of it already
   * has to go.
   */
  readonly onSecret?: ((text: string) => Promise<void>) | undefined;
  /** By role: keyboards that the user holds (`lab run --as ROLE`). */
  readonly operators?: ReadonlyMap<string, Operator> | undefined;
  /** Called when users hold keyboards and nothing happens any more while a step waits. */
  readonly onStandstill?: ((standstill: Standstill) => void) | undefined;
}

export const defaultTerminal: TerminalSize = { columns: 120, rows: 30 };
