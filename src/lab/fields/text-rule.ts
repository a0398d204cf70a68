import type { ProblemText } from '../problem.ts';

/** The rule for one kind of text: the problem, or undefined when the text is legal. */
export type TextRule = (text: string) => ProblemText | undefined;

/** A host name label of RFC 1123, section 2.1: letters, digits, `-`; it may start with a digit. */
export const HOST_LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/** A value as a message shows it: quoted, and cut when it is long. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text);
}
