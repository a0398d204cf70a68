/**
 * Plain text, or a regular expression that was written as `/source/flags`; `line` is its line in the file, unless the
 * step that holds it has that.
 */
export type Pattern = { readonly text: string } | { readonly regex: RegExp; readonly line?: number };
