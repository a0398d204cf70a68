/** What a lab file means when it says nothing else. */
export const DEFAULT_PROVIDER = 'netns';
export const DEFAULT_IMAGE = 'ubuntu-24.04';
export const DEFAULT_USER = 'student';
