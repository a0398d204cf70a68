/** What a user or a program did at a terminal while `lab record` watched. */
export type RecordedAction =
  | { readonly kind: 'opened'; readonly role: string }
  /** The user typed a line, with Enter. */
  | { readonly kind: 'typed'; readonly role: string; readonly line: string }
  /** The user pressed keys that were no line; each a name or a text, as `lab.yaml` has them. */
  | { readonly kind: 'pressed'; readonly role: string; readonly keys: readonly string[] }
  /** The user pressed Ctrl-C. */
  | { readonly kind: 'interrupted'; readonly role: string }
  /** The user pressed Ctrl-D where a line begins. */
  | { readonly kind: 'input-ended'; readonly role: string }
  /** The program showed what its user then reacted to; a text, or a regular expression as `lab.yaml` has it. */
  | { readonly kind: 'shown'; readonly role: string; readonly text: string }
  /** Programs ended one after the other, each with an exit status or by a signal. */
  | { readonly kind: 'ended'; readonly ends: Readonly<Record<string, number | string>> };
