/** Address and port of one end, as they stand in a file. */
export interface EndPlace {
  readonly view: DataView;
  readonly addressOffset: number;
  readonly addressBytes: 4 | 16;
  readonly port: number;
}

/** Address and port of one end, as a text that is quick to make. */
export function endKey({ view, addressOffset, addressBytes, port }: EndPlace): string {
  if (addressBytes === 4) return `${view.getUint32(addressOffset)}:${port}`;
  const words = [0, 4, 8, 12].map((at) => view.getUint32(addressOffset + at));
  return `${words.join('.')}:${port}`;
}

/** Of both ends, in either order. */
export function pairKey(one: string, two: string): string {
  return one < two ? `${one} ${two}` : `${two} ${one}`;
}
