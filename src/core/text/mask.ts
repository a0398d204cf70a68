/** Stands for what was typed where the terminal does not echo: neither its letters nor how many there are. */
export const MASK = '••••••••';
