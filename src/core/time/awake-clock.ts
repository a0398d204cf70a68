const BEAT_MS = 50;
/**
 * A beat that comes later than this shows that the process stood still: it was stopped (SIGSTOP) or got no processor.
 */
const LATE_MS = 100;

let stoodStillMs = 0;
let lastBeat: number | undefined;
let lastUsedMs = 0;

/**
 * Milliseconds on a monotonic clock that stands still as long as this process does. For time limits: a `lab` that was
 * stopped or starved has not looked, so its time is not over. Beats only once it was asked.
 */
export function awakeNow(): number {
  if (lastBeat === undefined) {
    [lastBeat, lastUsedMs] = [performance.now(), usedMs()];
    setInterval(beat, BEAT_MS).unref();
  }
  // The first call after a stand-still may come before the beat.
  beat();
  return performance.now() - stoodStillMs;
}

/** The longest that one timer of Node can wait; a longer one would go off at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Calls `onTime` when `ms` have passed on the clock of `awakeNow`; `Infinity` never passes. Timers come before input in
 * a turn of the event loop, so what has arrived by then is taken first. Returns how to call it off.
 */
export function afterAwake(ms: number, onTime: () => void): () => void {
  if (ms === Infinity) return () => undefined;
  const deadline = awakeNow() + ms;
  let timer: NodeJS.Timeout | undefined;
  let turn: NodeJS.Immediate | undefined;
  const look = (): void => {
    if (awakeNow() < deadline) wait();
    else turn = setImmediate(onTime);
  };
  const wait = (): void => {
    timer = setTimeout(look, Math.min(LONGEST_TIMER_MS, Math.max(1, deadline - awakeNow())));
  };
  wait();
  return () => {
    clearTimeout(timer);
    clearImmediate(turn);
  };
}

function beat(): void {
  const now = performance.now();
  const late = now - (lastBeat ?? now) - BEAT_MS;
  const used = usedMs();
  // Its own work is no stand-still: a server that floods us would win time by that.
  if (late > LATE_MS) stoodStillMs += Math.max(0, late - (used - lastUsedMs));
  [lastBeat, lastUsedMs] = [now, used];
}

/** Processor time of this process, in milliseconds. */
function usedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
