/** How the times of recordings differ from those of the run. */
export type Pace = 'real' | 'readable';
