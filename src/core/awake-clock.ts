const BEAT_MS = 50;
/** A beat that comes later than this tells that the process stood still: it was stopped (SIGSTOP), got no processor, or was busy itself. */
const LATE_MS = 100;

let stoodStillMs = 0;
let lastBeat: number | undefined;

/**
 * Milliseconds on a monotonic clock that stands still as long as this process does. For time limits: a `lab` that was stopped or starved has not looked, so its time is not over. Beats only once
 * it was asked.
 */
export function awakeNow(): number {
  if (lastBeat === undefined) {
    lastBeat = performance.now();
    setInterval(beat, BEAT_MS).unref();
  }
  // Whoever asks first after a stand-still may do so before the beat comes.
  beat();
  return performance.now() - stoodStillMs;
}

function beat(): void {
  const now = performance.now();
  const late = now - (lastBeat ?? now) - BEAT_MS;
  if (late > LATE_MS) stoodStillMs += late;
  lastBeat = now;
}
