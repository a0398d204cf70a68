# Prints the rows of the socket table with this local port, and who holds it: of TCP who listens, where no one does the
# processes of the other rows.
#
# Arguments: port, mode (`rows` prints the table only, `table` also who holds it, `bound` also sockets that are bound
# only, `all` also what bind(2) answers to this user, `elevated` is the second run, as root, when a holder is not
# visible), `tcp` or `udp`, the mark that begins each part of the output, and the texts of try-bind.pl and try-bind.py.
port=$1 mode=$2 protocol=$3 mark=$4 perl=$5 python=$6
hex=$(printf %04X "$port")
case $protocol in udp) flag=u kind=UDP ;; *) flag=t kind=TCP ;; esac

read_table() {
  if table=$(ss -"$flag"ane "sport = :$port" 2>/dev/null) && [ -n "$table" ]; then source=ss
  elif [ -r "/proc/net/$protocol" ]; then
    source=proc row="^ *[0-9]*: [0-9A-F]*:$hex "
    table=$(grep -hs -e '^ *sl ' -e "$row" "/proc/net/$protocol" "/proc/net/$protocol"6)
  elif command -v lsof >/dev/null; then source=lsof table=$(lsof -nP "-i$kind:$port" 2>/dev/null)
  elif table=$(netstat -"$flag"anp 2>/dev/null || netstat -an -p "$protocol" 2>/dev/null); then
    source=netstat table=$(say "$table" | grep -e '^Proto' -e "[:.]$port ")
  else source=none table=
  fi
}

# The rows that say who holds the port: state LISTEN, or UDP without a peer; where there are none, the first of the
# others.
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
  perl -e "$perl" "$port" "$protocol" "$try" "$found" 2>/dev/null ||
    python3 -c "$python" "$port" "$protocol" "$try" 2>/dev/null
}

# "holds PID INODE" for each process with one of the sockets open, as far as this user may look.
owners() {
  set +f
  # Not every find(1) says where links lead, and -q makes names harmless; the numbers have to be on one line.
  # shellcheck disable=SC2012,SC2086
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
  if [ -r "/proc/$1/status" ]; then sed -n 's/^PPid:[^0-9]*//p' "/proc/$1/status" 2>/dev/null
  else ps -o ppid= -p "$1" 2>/dev/null | tr -d ' '; fi
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

# A socket without a visible process belongs to another user, or to no process here.
some_hidden() {
  for inode in $inodes; do say "$held" | grep -q " $inode\$" || return 0; done
  [ "$source" = netstat ] && holding | grep -q ' -$'
}

read_table
say "$mark$source"
[ -z "$table" ] || say "$table"
say "$mark"facts
[ "$mode" != rows ] || { say "$mark"end; exit 0; }
# Whether the table has more than its heading: most ports are free, and then no holder need be looked for.
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
# shellcheck disable=SC2086 # its words are wanted one by one (ssh(1))
set -- $SSH_CONNECTION
say "ssh $1 $4"
above=$$
while [ "$above" ] && [ "$above" != 0 ]; do say "above $above"; above=$(parent_of "$above"); done
if [ "$mode" != elevated ] && [ "$(id -u)" != 0 ] && some_hidden; then
  if ! command -v sudo >/dev/null; then say 'sudo absent'
  elif ! as_root "$port" elevated "$protocol" "$mark" "$perl" "$python" 2>/dev/null; then say 'sudo refused'
  fi
fi
say "$mark"end
