import type { LabHints } from '../packets/trace.ts';
import type { Lab } from '../lab/types.ts';

/** What a lab knows that a capture does not: whose an address is, and who listens. */
export function captureHints({ machines, programs }: Pick<Lab, 'machines' | 'programs'>): LabHints {
  const addresses = [...machines.values()].flatMap(({ name, interfaces }) =>
    interfaces.map(({ address }) => [address, name] as const),
  );
  return {
    machines: new Map(addresses),
    listeningPorts: new Set([...programs.values()].flatMap(({ listens }) => listens)),
  };
}
