/** The text of an IPv4 or IPv6 address of 4 or 16 bytes. */
export function addressText(view: DataView, offset: number, bytes: 4 | 16): string {
  return bytes === 4 ? ipv4Text(view, offset) : ipv6Text(view, offset);
}

/** The text of an Ethernet address: `02:00:00:00:00:01`. */
export function linkAddressText(view: DataView, offset: number): string {
  const bytes = Array.from({ length: 6 }, (_, index) => view.getUint8(offset + index));
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

function ipv4Text(view: DataView, offset: number): string {
  return [0, 1, 2, 3].map((index) => view.getUint8(offset + index)).join('.');
}

/**
 * RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups as `::`, the first of equal ones.
 */
function ipv6Text(view: DataView, offset: number): string {
  const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(offset + 2 * index));
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff)
    return `::ffff:${ipv4Text(view, offset + 12)}`;
  const { start, length } = longestZeros(groups);
  return length < 2
    ? groupText(groups)
    : `${groupText(groups.slice(0, start))}::${groupText(groups.slice(start + length))}`;
}

function groupText(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(':');
}

function longestZeros(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  groups.forEach((group, index) => {
    if (group !== 0) start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  });
  return best;
}
