/** The byte of Ctrl-], which leaves a terminal that was joined, as in telnet(1) and `virsh console`. */
export const LEAVE_KEY = 0x1d;
