/** What a lab file means when it says nothing else, and what its fields may choose from. */
export const DEFAULT_PROVIDER = 'netns';
export const DEFAULT_IMAGE = 'ubuntu-24.04';
export const DEFAULT_USER = 'student';

/**
 * Files of one program, those in folders included. Each starts three processes on the machine; with 5,000 a busy host
 * does not come to the end within the minute that it has.
 */
export const MOST_FILES_OF_PROGRAM = 2000;

/** Never sent with a folder: keys and runs of the lab itself, and the history of the student's work. */
export const leftOut: ReadonlySet<string> = new Set(['.lab', '.git']);

/** How the terminal of a program is read and written. The default first. */
export const encodingChoices = ['utf-8', 'latin1'] as const;

/** What to do when another process holds a port of a program: an error, or free it. The default first. */
export const busyPortChoices = ['error', 'free'] as const;
