import { protocolField } from '../../core/listen-port.ts';
import type { ListeningProgram } from '../../core/connection-attempt.ts';
import type { ToldAttempt } from '../../core/connection-attempt.ts';
import { inspectPort } from '../../ports/inspect-port.ts';
import { toldAttempts } from '../../report/attempts/told-attempts.ts';
import type { PlayContext } from './play-context.ts';

const MOST_TOLD = 4;
const LOOK_TIMEOUT_MS = 5000;

/**
 * What the machines tried to reach in vain, or elsewhere than at a server of the lab, and where its servers listen now.
 * Nothing where machines are not watched. It is kept in the record of the run, too.
 */
export async function triedElsewhere(play: PlayContext): Promise<readonly ToldAttempt[]> {
  const { lab, attempts, events, signal } = play.stage;
  if (attempts === undefined || signal.aborted) return [];
  const seen = await attempts.read();
  const context = {
    machines: [...lab.machines.values()],
    networks: [...lab.networks.values()],
    programs: [...lab.programs.values()].filter(({ name }) => play.terminals.has(name)),
  };
  if (toldAttempts(seen, context).length === 0) return [];
  const listening = await listeningNow(play);
  await events.emit({ kind: 'attempts-counted', seen, listening });
  return toldAttempts(seen, context, listening).slice(0, MOST_TOLD);
}

/** Where the programs that were started listen; one whose machine does not say is left out. */
async function listeningNow(play: PlayContext): Promise<ListeningProgram[]> {
  const signal = AbortSignal.any([play.signal, AbortSignal.timeout(LOOK_TIMEOUT_MS)]);
  const looks = [...play.terminals.values()].flatMap(({ program, machine }) =>
    program.listens.map(async ({ protocol, port }): Promise<ListeningProgram[]> => {
      const options = { depth: 'table', signal, protocol } as const;
      const look = await inspectPort(play.shell(machine), port, options).catch(() => undefined);
      if (look === undefined) return [];
      const addresses = [...new Set(look.holders.map(({ address }) => address))];
      return [{ program: program.name, machine, ...protocolField({ protocol }), port, addresses }];
    }),
  );
  return (await Promise.all(looks)).flat();
}
