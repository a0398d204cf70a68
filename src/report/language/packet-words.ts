import type { PacketFinding, PacketName, PacketProblem, PacketWish } from '../../core/packet-problem.ts';
import { textOf, type TextsOf } from './texts-of.ts';

/** The words of a language about packets that are not as they should be. */
export interface PacketLexicon {
  /** As it follows "expected". */
  readonly wish: TextsOf<PacketWish>;
  /** As it follows "but"; `packet` makes text of a packet. */
  readonly found: (packet: (name: PacketName | undefined) => string) => TextsOf<PacketFinding>;
  readonly packet: (name: PacketName) => string;
  readonly beforeCapture: string;
  /** Between a wish and what is there instead. */
  readonly colon: string;
  /** Between two wishes. */
  readonly semicolon: string;
}

export interface PacketWords {
  readonly wishes: (wishes: readonly PacketWish[]) => string;
  /** `limit`: as it follows what was found, with the blank before it; of several, one a line. */
  readonly found: (problems: readonly PacketProblem[], limit: string) => string;
}

/** The words of a language, put together. */
export function packetWords(lexicon: PacketLexicon): PacketWords {
  const found = lexicon.found((name) => (name === undefined ? lexicon.beforeCapture : lexicon.packet(name)));
  const wish = (wanted: PacketWish): string => textOf(lexicon.wish, wanted);
  return {
    wishes: (wishes) => wishes.map(wish).join(`${lexicon.semicolon} `),
    found: (problems, limit) =>
      problems
        .map((problem) => {
          const about = problems.length > 1 ? `${wish(problem.wanted)}${lexicon.colon} ` : '';
          return `${about}${textOf(found, problem.found)}${limit}`;
        })
        .join('\n'),
  };
}
