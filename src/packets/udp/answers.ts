/** A datagram of a client, or of its server, at the time at which the server had it or sent it. */
export interface Spoken {
  readonly timeMs: number;
  readonly text: string;
}

/** A client that repeats a request waits longer than this, mostly; one that sends many at once does not. */
const AT_ONCE_MS = 200;
/** Requests that wait are looked at, the latest. */
const MOST_WAITING = 64;

/**
 * Which request each answer answers; UDP does not tell. The one whose text is in it, as that of an echo; otherwise the
 * oldest of those that were sent together with the latest one: what was sent long before it, and was never answered, was
 * lost. Each request has one answer, its first; what else the server sends answers nothing.
 */
export function answersOf<R extends Spoken, A extends Spoken>(
  requests: readonly R[],
  answers: readonly A[],
): Map<A, R> {
  const found = new Map<A, R>();
  const waiting: R[] = [];
  let next = 0;
  for (const answer of answers) {
    while (next < requests.length && requests[next]!.timeMs <= answer.timeMs) waiting.push(requests[next++]!);
    const request = fitting(waiting.slice(-MOST_WAITING), answer);
    if (request === undefined) continue;
    waiting.splice(waiting.lastIndexOf(request), 1);
    found.set(answer, request);
  }
  return found;
}

function fitting<R extends Spoken>(waiting: readonly R[], { timeMs, text }: Spoken): R | undefined {
  const latest = waiting.at(-1);
  if (latest === undefined) return undefined;
  const echoed = waiting.find((request) => request.text.trim() !== '' && text.includes(request.text.trim()));
  if (echoed !== undefined) return echoed;
  const longestMs = 2 * (timeMs - latest.timeMs) + AT_ONCE_MS;
  return waiting.find((request) => timeMs - request.timeMs <= longestMs);
}
