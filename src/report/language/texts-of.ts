/** A text for each kind of something. */
export type TextsOf<T extends { readonly kind: string }> = {
  readonly [K in T['kind']]: (part: OfKind<T, K>) => string;
};

/** The member of a union that can be of this kind. */
type OfKind<T extends { readonly kind: string }, K> = T extends unknown ? (K extends T['kind'] ? T : never) : never;

/** The text for a part, by its kind. */
export function textOf<T extends { readonly kind: string }>(texts: TextsOf<T>, part: T): string {
  const text = texts[part.kind as T['kind']] as (part: T) => string;
  return text(part);
}
