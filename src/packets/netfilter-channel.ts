/**
 * A way to the nftables of one machine, in its own network namespace. It carries messages of netlink(7), protocol
 * NETLINK_NETFILTER, and knows nothing of what they mean.
 */
export interface NetfilterChannel {
  /** The account whose programs are meant, where others than the lab's run on the machine, too; undefined where none do. */
  readonly userId?: number | undefined;
  /**
   * Hands over one datagram of messages; resolves with all that the kernel answers. One question at a time.
   *
   * @throws when the way is lost.
   */
  ask(messages: Uint8Array): Promise<Buffer>;
  /** May be called twice. */
  close(): void;
}

/** Opens such a way. @throws when there is none, or the signal aborts. */
export type OpenNetfilter = (signal: AbortSignal) => Promise<NetfilterChannel>;

/** Of one answer, in bytes of hexadecimal: some 20,000 elements of a set. */
const LONGEST_ANSWER = 8 * 1024 * 1024;

/** The lines of answers, from the pieces in which they come. Ends before a line that is too long. */
export async function* answerLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const parts: string[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    const lines = Buffer.from(chunk).toString('latin1').split('\n');
    while (lines.length > 1) {
      parts.push(lines.shift()!);
      yield parts.splice(0).join('');
      length = 0;
    }
    parts.push(lines[0]!);
    length += lines[0]!.length;
    if (length > LONGEST_ANSWER) return;
  }
}

/** A question and its answer are a line each, in hexadecimal. @throws {Error} when there is no further line. */
export async function askLine(
  messages: Uint8Array,
  write: (line: string) => void | Promise<void>,
  lines: AsyncIterator<string>,
): Promise<Buffer> {
  await write(`${Buffer.from(messages).toString('hex')}\n`);
  const { value, done } = await lines.next();
  if (done === true) throw new Error('the way to its nftables is lost');
  return Buffer.from(value, 'hex');
}
