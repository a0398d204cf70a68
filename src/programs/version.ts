/** Version of both programs, as `--version` prints it; a test holds it against package.json. */
export const VERSION = '0.1.0';
