/** What a lab file means when it says nothing else, and what its fields may choose from. */
export const DEFAULT_PROVIDER = 'netns';
export const DEFAULT_IMAGE = 'ubuntu-24.04';
export const DEFAULT_USER = 'student';

/** What to do when another process holds a port of a program: an error, or free it. The default first. */
export const busyPortChoices = ['error', 'free'] as const;
