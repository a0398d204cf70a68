import type { CaptureFacts } from './events.ts';

/**
 * Whether something follows from what a capture does not hold. Of a run that did not come to its end nothing was told,
 * and it does not.
 */
export function isCompleteCapture(facts: CaptureFacts | undefined): boolean {
  return facts !== undefined && !facts.full && facts.lost === 0 && facts.gaps === undefined;
}
