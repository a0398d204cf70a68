/** The player of asciinema, as its package has it. */
export interface PlayerFiles {
  readonly script: string;
  readonly style: string;
}
