/** A program as it lies on its machine, ready to start. */
export interface StageProgram {
  /** On the machine; relative to the home folder. */
  readonly folder: string;
  readonly command: readonly string[];
  readonly env: ReadonlyMap<string, string>;
}
