/** What a lab file means when it says nothing else, and what its fields may choose from. */
export const DEFAULT_PROVIDER = 'netns';
/** `image` of a machine that runs the system of this host. */
export const HOST_IMAGE = 'host';
export const DEFAULT_USER = 'student';

/** Of a machine, all its users together: a practical needs some ten, a server with a thread per client a hundred. */
export const DEFAULT_PROCESSES = 512;
/** Fewer than lab's own session and a program with a shell need. */
export const MIN_PROCESSES = 16;
/** Of one process: what Debian and Ubuntu give a login, and how far a program may raise it. */
export const DEFAULT_OPEN_FILES = 1024;
export const MOST_OPEN_FILES = 4096;
/** Fewer than OpenSSH and an interpreter need to start. */
export const MIN_OPEN_FILES = 32;
/** Files of a machine whose system takes no room of its own. MiB. */
export const DEFAULT_DISK_MIB = 1024;

/**
 * Folders of the host that a machine sees where it asks for them: programs that the administrator of the host has
 * added lie there, and seldom anything else. All others hold what machines see anyhow, or what is secret.
 */
export const hostFolderChoices: readonly string[] = ['/opt', '/usr/local'];

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

/** Machines and programs that entries with a `count` or a pattern may stand for in one lab, all together. */
export const MOST_INSTANCES = 1000;

/** Whether a service that has ended is started again. The default first. */
export const restartChoices = ['on-failure', 'no', 'always'] as const;
/** So often a service is started again without having run for a while in between. */
export const MOST_RESTARTS = 5;
