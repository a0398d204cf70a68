/**
 * The bytes after the line in which a server names itself (RFC 4253, section 4.2), and after what it says before that;
 * undefined while that line has not come.
 */
export function afterGreeting(bytes: Buffer): Buffer | undefined {
  const greeting = /^(?:[^\n]*\n)*?SSH-(?:2\.0|1\.99)-[^\n]*\n/.exec(bytes.toString('latin1'))?.[0];
  return greeting === undefined ? undefined : bytes.subarray(greeting.length);
}

/** Takes the first unencrypted packet off (RFC 4253, section 6); undefined while not all of it is there. */
export function takePacket(bytes: Buffer): { readonly payload: Buffer; readonly rest: Buffer } | undefined {
  if (bytes.length < 5) return undefined;
  const end = 4 + bytes.readUInt32BE(0);
  if (bytes.length < end) return undefined;
  const padding = bytes[4] ?? 0;
  return { payload: bytes.subarray(5, end - padding), rest: bytes.subarray(end) };
}
