/** DEC private modes, by number (xterm's ctlseqs). */

/** Those that change to the alternate screen. */
export const alternateScreenModes: ReadonlySet<string> = new Set(['47', '1047', '1049']);
/** DECCKM: the arrow keys send `ESC O A`, not `ESC [ A`. */
export const APPLICATION_KEYS_MODE = '1';
