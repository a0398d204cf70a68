import type { Phase, Segment } from '../../packets/conversation.ts';

/** What one row of the diagram shows: one segment, or many that say the same. */
export type DiagramRow =
  | { readonly kind: 'segment'; readonly segment: Segment }
  | { readonly kind: 'fold'; readonly phase: Phase; readonly segments: readonly Segment[] };

/** How much of a conversation is drawn. */
export interface FoldLimits {
  /** A run of segments in which only one side sends data, and nothing is remarkable, is folded from this length on. */
  readonly run: number;
  /** Rows of a phase; where there are more, its middle is folded. */
  readonly rows: number;
}

export const foldLimits: FoldLimits = { run: 10, rows: 60 };

/** How many segments of a run stay at its beginning and at its end. */
const KEPT_OF_RUN = 2;

/**
 * The rows of a conversation, in order: a transfer of a file becomes a few rows, a short talk is shown whole. Every
 * segment is in exactly one row.
 */
export function foldSegments(segments: readonly Segment[], limits: FoldLimits = foldLimits): DiagramRow[] {
  const phases = [...Map.groupBy(segments, ({ phase }) => phase).values()];
  return phases.flatMap((phase) =>
    foldMiddle(
      phase.length < limits.run ? phase.map(rowOf) : runsOf(phase).flatMap((run) => foldRun(run, limits.run)),
      limits.rows,
    ),
  );
}

function rowOf(segment: Segment): DiagramRow {
  return { kind: 'segment', segment };
}

/** Consecutive segments without marks or flags of their own, among which one side at most sends data. */
function runsOf(segments: readonly Segment[]): Segment[][] {
  const runs: Segment[][] = [];
  let sender: Segment['from'] | undefined;
  for (const segment of segments) {
    const run = runs.at(-1);
    const speaks = segment.length > 0 ? segment.from : undefined;
    if (
      run !== undefined &&
      isPlain(segment) &&
      isPlain(run[0]!) &&
      (speaks === undefined || sender === undefined || speaks === sender)
    )
      run.push(segment);
    else {
      runs.push([segment]);
      sender = undefined;
    }
    sender ??= speaks;
  }
  return runs;
}

/** Window updates come by the hundred in any longer transfer, and mean nothing there. */
function isPlain({ marks, flags }: Segment): boolean {
  return marks.every((mark) => mark === 'window-update') && flags.every((flag) => flag === 'ACK' || flag === 'PSH');
}

function foldRun(run: readonly Segment[], limit: number): DiagramRow[] {
  if (run.length < limit) return run.map(rowOf);
  const middle = run.slice(KEPT_OF_RUN, -KEPT_OF_RUN);
  return [
    ...run.slice(0, KEPT_OF_RUN).map(rowOf),
    { kind: 'fold', phase: run[0]!.phase, segments: middle },
    ...run.slice(-KEPT_OF_RUN).map(rowOf),
  ];
}

/** Folds what lies between the first and the last rows when there are too many. */
function foldMiddle(rows: readonly DiagramRow[], limit: number): readonly DiagramRow[] {
  if (rows.length <= limit) return rows;
  const half = Math.floor((limit - 1) / 2);
  const segments = rows.slice(half, -half).flatMap((row) => (row.kind === 'segment' ? [row.segment] : row.segments));
  return [...rows.slice(0, half), { kind: 'fold', phase: segments[0]!.phase, segments }, ...rows.slice(-half)];
}
