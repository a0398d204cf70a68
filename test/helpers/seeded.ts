/** Numbers from 0 up to 1 that are the same for the same seed (mulberry32, public domain). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The seed of this run: that of LAB_TEST_SEED, or always the same one. */
export const testSeed = Number(process.env['LAB_TEST_SEED'] ?? 9);

/** Whether series run in their long form. */
export const isLong = process.env['LAB_TEST_LONG'] === '1';

/** One of a list. */
export function pick<T>(items: readonly T[], random: () => number): T {
  return items[Math.floor(random() * items.length)]!;
}
