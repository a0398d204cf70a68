import type { Close, Segment, Side } from '../conversation.ts';

/** Finds out how a connection ended. */
export function closeOf(segments: readonly Segment[]): Close {
  const fins = { client: firstFin(segments, 'client'), server: firstFin(segments, 'server') };
  const reset = segments.find(({ flags }) => flags.includes('RST'));
  const first = [fins.client, fins.server]
    .filter((fin) => fin !== undefined)
    .toSorted((a, b) => a.packet - b.packet)[0];
  const endOfBoth = bothFinished(segments, fins);
  // A reset that comes when all is said, for example for a segment that comes late, did not end the connection.
  const areCrossing = crosses(fins.client, fins.server);
  const wasReset = reset !== undefined && (endOfBoth === undefined || reset.packet < endOfBoth.packet);
  return {
    kind: wasReset ? 'rst' : first === undefined ? 'open' : 'fin',
    by: wasReset ? reset.from : areCrossing ? 'both' : first?.from,
    fin: { client: fins.client?.packet, server: fins.server?.packet },
    rst: reset && { packet: reset.packet, by: reset.from },
    complete: endOfBoth !== undefined,
    halfClose: first && !areCrossing ? halfCloseOf(segments, first) : undefined,
  };
}

/** Whether the later of two FINs was sent before its sender had the other one: it does not acknowledge it. */
function crosses(one: Segment | undefined, another: Segment | undefined): boolean {
  if (one === undefined || another === undefined) return false;
  const [early, late] = one.packet < another.packet ? [one, another] : [another, one];
  return late.ack === undefined || late.ack <= early.seq + early.length;
}

function firstFin(segments: readonly Segment[], side: Side): Segment | undefined {
  return segments.find(({ from, flags }) => from === side && flags.includes('FIN'));
}

/** The segment after which both FINs are acknowledged. */
function bothFinished(
  segments: readonly Segment[],
  fins: Readonly<Record<Side, Segment | undefined>>,
): Segment | undefined {
  const acknowledged = [fins.client, fins.server].map(
    (fin) => fin && segments.find((segment) => acknowledgesFin(segment, fin)),
  );
  const [client, server] = acknowledged;
  if (client === undefined || server === undefined) return undefined;
  return client.packet > server.packet ? client : server;
}

function acknowledgesFin({ from, packet, ack, flags }: Segment, fin: Segment): boolean {
  return (
    from !== fin.from &&
    packet > fin.packet &&
    !flags.includes('RST') &&
    ack !== undefined &&
    ack > fin.seq + fin.length
  );
}

/** What the other side still sent after the first FIN. */
function halfCloseOf(segments: readonly Segment[], fin: Segment): Close['halfClose'] {
  const after = segments.filter(
    ({ packet, from, length, marks }) =>
      packet > fin.packet && from !== fin.from && length > 0 && !marks.some(isRepetition),
  );
  const last = after.at(-1);
  if (last === undefined) return undefined;
  return {
    closedBy: fin.from,
    bytesAfter: after.reduce((sum, { length }) => sum + length, 0),
    durationMs: last.timeMs - fin.timeMs,
  };
}

/** Whether a mark says that a segment repeats bytes which were sent before. */
export function isRepetition(mark: Segment['marks'][number]): boolean {
  return mark === 'retransmission' || mark === 'fast-retransmission' || mark === 'spurious-retransmission';
}
