# Beginning of the scripts that look at processes of a machine and may have to do it as root.
#
# Names of processes are chosen by their owners, so nothing is taken from text that a process can shape: who holds a
# socket is read from the links in /proc/PID/fd, with `ls -q` against line breaks in file names, and command lines
# travel as hex.
LC_ALL=C; PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; export LC_ALL PATH
set -f
say() { printf '%s\n' "$*"; }
# Runs the whole script again as root, with these arguments: with a password on standard input, or without one
# (sudo(8)).
as_root() {
  # shellcheck disable=SC2154 # as-root.sh sets both
  if [ "$password" = given ]; then sudo -S -p '' sh -c "$self" sh "$@"; else sudo -n sh -c "$self" sh "$@"; fi
}
# Start time (field 22 of proc_pid_stat(5), in ticks since boot) and a checksum of the command: what distinguishes a
# process from a later one with its number.
identify() {
  who=$1
  if [ -r "/proc/$who/stat" ]; then
    stat=$(cat "/proc/$who/stat" 2>/dev/null) && [ -n "$stat" ] || return 1
    # shellcheck disable=SC2046 # its fields are wanted one by one
    set -- $(say "$stat" | sed -n '$s/.*) //p')
    shift 19
    say "$1.$(cksum <"/proc/$who/cmdline" 2>/dev/null | tr ' ' -)"
  else
    line=$(ps -o lstart= -o args= -p "$who" 2>/dev/null) && [ -n "$line" ] || return 1
    say "0.$(say "$line" | cksum | tr ' ' -)"
  fi
}
