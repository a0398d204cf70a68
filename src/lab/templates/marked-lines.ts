/** `  [c,java] text`: the tags, and the line without them. */
const MARKED = /^([ \t]*)\[([a-z]+(?:,[a-z]+)*)\] ?(.*)$/;

/**
 * A text whose lines may begin with tags in brackets: such a line stays, without its tags, when one of them is in
 * `chosen`, and goes when none is. Lines whose brackets hold something else than tags of `known` are left as they are.
 */
export function chosenLines(text: string, chosen: ReadonlySet<string>, known: ReadonlySet<string>): string {
  return text
    .split('\n')
    .flatMap((line) => {
      const [, indent = '', tags = '', rest = ''] = MARKED.exec(line) ?? [];
      const words = tags.split(',');
      if (!words.every((word) => known.has(word))) return [line];
      return words.some((word) => chosen.has(word)) ? [`${indent}${rest}`.trimEnd()] : [];
    })
    .join('\n');
}
