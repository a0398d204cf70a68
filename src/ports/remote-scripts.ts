/**
 * The two POSIX sh scripts that run on a machine: one that looks, one that signals. Each is one round trip. What they print is for `facts.ts`.
 *
 * Names of processes are chosen by their owners, so nothing is taken from text that a process can shape: who holds a socket is read from the links
 * in /proc/PID/fd, with `ls -q` against line breaks in file names, and command lines travel as hex.
 */

/** Begins each part of what `inspectScript` prints. Longer than a process name can be (15 bytes), so none can forge it. */
export const SECTION_MARK = ':::lab-port-section:::';

const COMMON = String.raw`
LC_ALL=C; PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; export LC_ALL PATH
set -f
say() { printf '%s\n' "$*"; }
# With a password on standard input, or without one (sudo(8)).
elevate() { if [ "$password" = given ]; then sudo -S -p '' "$@"; else sudo -n "$@"; fi; }
# Start time (field 22 of proc_pid_stat(5), in ticks since boot) and a checksum of the command: what tells a process from a later one with its number.
identify() {
  who=$1
  if [ -r "/proc/$who/stat" ]; then
    stat=$(cat "/proc/$who/stat" 2>/dev/null) && [ -n "$stat" ] || return 1
    set -- $(say "$stat" | sed -n '$s/.*) //p')
    shift 19
    say "$1.$(cksum <"/proc/$who/cmdline" 2>/dev/null | tr ' ' -)"
  else
    line=$(ps -o lstart= -o args= -p "$who" 2>/dev/null) && [ -n "$line" ] || return 1
    say "0.$(say "$line" | cksum | tr ' ' -)"
  fi
}
`;

/**
 * Prints the rows of the socket table with this local port, and who holds it: of TCP who listens, where nobody does the processes of the other rows.
 *
 * Arguments: port, this script's own text (it runs itself through `sudo -n` when a holder is not visible), mode: `rows` prints the table only,
 * `table` also who holds it, `all` also what bind(2) answers to this user, `elevated` is the second run; then `given` when the password of sudo is on standard
 * input, `tcp` or `udp`, and the two texts of bind-scripts.ts.
 */
export const INSPECT_SCRIPT = String.raw`${COMMON}
port=$1 self=$2 mode=$3 password=$4 protocol=$5 perl=$6 python=$7
mark=${SECTION_MARK}
hex=$(printf %04X "$port")
case $protocol in udp) flag=u kind=UDP ;; *) flag=t kind=TCP ;; esac

read_table() {
  if table=$(ss -"$flag"ane "sport = :$port" 2>/dev/null) && [ -n "$table" ]; then source=ss
  elif [ -r "/proc/net/$protocol" ]; then
    source=proc table=$(grep -hs -e '^ *sl ' -e "^ *[0-9]*: [0-9A-F]*:$hex " "/proc/net/$protocol" "/proc/net/$protocol"6)
  elif command -v lsof >/dev/null; then source=lsof table=$(lsof -nP "-i$kind:$port" 2>/dev/null)
  elif table=$(netstat -"$flag"anp 2>/dev/null || netstat -an -p "$protocol" 2>/dev/null); then
    source=netstat table=$(say "$table" | grep -e '^Proto' -e "[:.]$port ")
  else source=none table=
  fi
}

# The rows that say who holds the port: state LISTEN, or UDP without a peer; where there are none, the first of the others.
holding() {
  case $source in
    ss) rows='^(LISTEN|UNCONN) ' others='^[A-Z]' ;;
    proc) rows='^ *[0-9]+: [^ ]+ [^ ]+ (0A|07) ' others='^ *[0-9]+: ' ;;
    lsof) rows="(\\(LISTEN\\)|UDP [^ >]*)$" others=' (TCP|UDP) ' ;;
    netstat) rows='( LISTEN |^udp.*[:.][*] )' others='^(tcp|udp)' ;;
    *) return 0 ;;
  esac
  say "$table" | grep -E "$rows" || say "$table" | grep -v '^State' | grep -E "$others" | head -n 20
}
# Of such rows: sockets by number (inode), and the numbers of their users; where the table has no inodes, processes.
inodes_of() {
  case $source in
    ss) awk 'match($0, / ino:[0-9]+/) { print substr($0, RSTART + 5, RLENGTH - 5) }' ;;
    proc) awk '{ print $10 }' ;;
  esac | grep -v '^0$'
}
users_of() {
  case $source in
    ss) awk '/ ino:[1-9]/ { print match($0, / uid:[0-9]+ ino:/) ? substr($0, RSTART + 5, RLENGTH - 10) : 0 }' ;;
    proc) awk '$10 > 0 { print $8 }' ;;
  esac | sort -u
}
processes_of() {
  case $source in
    lsof) awk '{ print $2 }' ;;
    netstat) sed -n 's/.* \([0-9]*\)\/.*/\1/p' ;;
  esac | sort -u
}

# What bind(2) says to this user, and the TCP sockets that are bound only.
try_to_bind() {
  try=look
  [ "$mode" != all ] || try=bind
  perl -e "$perl" "$port" "$protocol" "$try" "$found" 2>/dev/null || python3 -c "$python" "$port" "$protocol" "$try" 2>/dev/null
}

# "holds PID INODE" for each process with one of the sockets open, as far as this user may look.
owners() {
  set +f
  ls -lnq /dev/null /proc/[0-9]*/fd 2>/dev/null | awk -v wanted=" $(say $inodes) " '
    /^\/proc\/[0-9]+\/fd:$/ { split($0, part, "/"); pid = part[3] }
    match($0, / -> socket:\[[0-9]+\]$/) {
      inode = substr($0, RSTART + 12, RLENGTH - 13)
      if (index(wanted, " " inode " ")) print "holds", pid, inode
    }' | sort -u
  set -f
}

to_hex() { head -c 4096 | od -An -v -tx1 | tr -d ' \n'; }
command_of() {
  if [ -r "/proc/$1/cmdline" ]; then
    text=$(to_hex <"/proc/$1/cmdline" 2>/dev/null)
    [ -n "$text" ] || text=$(to_hex <"/proc/$1/comm" 2>/dev/null)
    printf '%s' "$text"
  else ps -o args= -p "$1" 2>/dev/null | to_hex
  fi
}
name_of() { getent passwd "$1" 2>/dev/null || grep "^[^:]*:[^:]*:$1:" /etc/passwd 2>/dev/null; }
parent_of() {
  if [ -r "/proc/$1/status" ]; then sed -n 's/^PPid:[^0-9]*//p' "/proc/$1/status" 2>/dev/null; else ps -o ppid= -p "$1" 2>/dev/null | tr -d ' '; fi
}
user_of() {
  if [ -r "/proc/$1/status" ]; then sed -n 's/^Uid:[^0-9]*[0-9]*[^0-9]*\([0-9]*\).*/\1/p' "/proc/$1/status" 2>/dev/null
  else ps -o uid= -p "$1" 2>/dev/null | tr -d ' '; fi
}

describe() {
  pid=$1
  identity=$(identify "$pid") || return 0
  parent=$(parent_of "$pid")
  uid=$(user_of "$pid")
  users="$users $uid"
  say "process $pid $parent $uid $identity"
  say "command $pid $(command_of "$pid")"
  say "command $parent $(command_of "$parent")"
  say "cgroup $pid $(to_hex <"/proc/$pid/cgroup" 2>/dev/null)"
}

# A socket without a visible process belongs to another user, or to nobody here.
some_hidden() {
  for inode in $inodes; do say "$held" | grep -q " $inode\$" || return 0; done
  [ "$source" = netstat ] && holding | grep -q ' -$'
}

read_table
say "$mark$source"
[ -z "$table" ] || say "$table"
say "$mark"facts
[ "$mode" != rows ] || { say "$mark"end; exit 0; }
# Whether the table has more than its heading: most ports are free, and then nobody need be looked for.
found=0 tried=
case $table in *[:.]"$port "* | *:"$hex "*) found=1 ;; esac
[ "$mode" = table ] || tried=$(try_to_bind)
[ -z "$tried" ] || say "$tried"
case "$found$tried" in 1* | *bound*) ;; *) say "$mark"end; exit 0 ;; esac
rows=$(holding)
inodes="$(say "$rows" | inodes_of) $(say "$tried" | sed -n 's/^bound \([0-9]*\) .*/\1/p')"
pids=$(say "$rows" | processes_of)
users="$(say "$rows" | users_of) $(say "$tried" | sed -n 's/^bound [0-9]* \([0-9]*\) .*/\1/p')"
case "$inodes$pids$users" in *[0-9]*) ;; *) say "$mark"end; exit 0 ;; esac

held=$(owners)
[ -z "$held" ] || say "$held"
for pid in $(say "$held" | sed 's/^holds \([0-9]*\) .*/\1/' | sort -u) $pids; do describe "$pid" 2>/dev/null; done
for uid in $(say "$users" | tr ' ' '\n' | sort -u); do say "user $uid $(name_of "$uid" | sed -n '1s/:.*//p')"; done
say "clock $(getconf CLK_TCK 2>/dev/null || say 100) $(sed -n 's/^btime //p' /proc/stat 2>/dev/null)"
say "me $(id -u)"
set -- $SSH_CONNECTION
say "ssh $1 $4"
above=$$
while [ "$above" ] && [ "$above" != 0 ]; do say "above $above"; above=$(parent_of "$above"); done
if [ "$mode" != elevated ] && [ "$(id -u)" != 0 ] && some_hidden; then
  if ! command -v sudo >/dev/null; then say 'sudo absent'
  elif ! elevate sh -c "$self" sh "$port" "$self" elevated none "$protocol" "$perl" "$python" 2>/dev/null; then say 'sudo refused'
  fi
fi
say "$mark"end
`;

/**
 * Sends a signal to processes, each identified again right before: same start time, same command, still holding the socket. All or none: when one of them
 * is not ours to signal, everything is done through `sudo -n`, or nothing.
 *
 * Arguments: signal, this script's own text, `plain` or `elevated`, `given` or `none` as above, then for each process `PID IDENTITY INODE` (`-` for no inode).
 * Prints a line for each: `signalled`, `gone`, `changed`, `denied`, and the PID; `sudo absent` or `sudo refused` when nothing could be done.
 */
export const SIGNAL_SCRIPT = String.raw`${COMMON}
signal=$1 self=$2 mode=$3 password=$4
shift 4
# 0: it is the same and we may signal it; else prints why not.
same() {
  pid=$1
  now=$(identify "$1") || { say "gone $1"; return 1; }
  [ "$now" = "$2" ] || { say "changed $1"; return 1; }
  if ! kill -0 "$1" 2>/dev/null; then
    if identify "$1" >/dev/null; then say "denied $1"; else say "gone $1"; fi
    return 1
  fi
  [ "$3" != - ] || return 0
  # A file that is closed while ls looks makes it fail, too; who may not look sees nothing at all.
  links=$(ls -lnq "/proc/$1/fd" 2>/dev/null)
  [ -n "$links" ] || { say "denied $1"; return 1; }
  case "$links" in *" -> socket:[$3]"*) return 0 ;; esac
  say "changed $1"
  return 1
}
each() {
  action=$1
  shift
  while [ $# -ge 3 ]; do "$action" "$1" "$2" "$3"; shift 3; done
}
end_it() {
  if why=$(same "$1" "$2" "$3"); then
    if kill -s "$signal" "$1" 2>/dev/null; then say "signalled $1"; else say "gone $1"; fi
  else say "$why"
  fi
}
case $(each same "$@") in
  *denied*)
    if [ "$mode" = plain ] && [ "$(id -u)" != 0 ]; then
      if ! command -v sudo >/dev/null; then say 'sudo absent'
      else elevate sh -c "$self" sh "$signal" "$self" elevated none "$@" 2>/dev/null || say 'sudo refused'
      fi
    else each same "$@"
    fi
    ;;
  *) each end_it "$@" ;;
esac
exit 0
`;
