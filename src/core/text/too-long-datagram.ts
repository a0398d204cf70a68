/** EMSGSIZE of errno(3), as C, Python, Java, Node.js, Go and Rust name it, and the C library in French. */
const TOO_LONG = /\bEMSGSIZE\b|message (?:is )?too long|message trop long/i;

/** Characters that the longest of these names has. */
const LONGEST = 20;

/** Whether a program says that its system refused a datagram because it is too long; nothing of it was sent then. */
export function tellsOfTooLong(text: string): boolean {
  return TOO_LONG.test(text);
}

/** The same of output that comes in pieces, which may cut the words. */
export class TooLongTold {
  readonly #last = new Map<string, string>();
  readonly #roles = new Set<string>();

  take({ role, data }: { readonly role: string; readonly data: string }): void {
    const text = (this.#last.get(role) ?? '') + data;
    if (tellsOfTooLong(text)) this.#roles.add(role);
    this.#last.set(role, text.slice(-LONGEST));
  }

  /** The programs that said so, in the order in which they did. */
  get roles(): string[] {
    return [...this.#roles];
  }
}
