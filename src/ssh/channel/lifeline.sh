# Runs on the machine as long as the connection stands, and ends what was started over it when that is gone, however it
# went: also when `lab` was killed, and when a program ignores SIGHUP. Arguments: the answer to `kill`, and the seconds
# between two looks. It reads lines:
#
#     add PID START          end this process group at the end of input
#     del PID START          no longer
#     forget                 nothing of it all
#     kill SIGNAL PID START  send a signal now; answered by $1
#     beat                   we are still there
#
# At the end of input it says `left PID START` of each process that it may not end: one that has become another user's.
#
# A connection may also go without a word (a cable, a laptop that sleeps), and TCP then takes hours to notice. So we say
# `beat` now and then, and one of its processes says `look` every $2 seconds: three of these without a word from us are
# the end of input, too.
#
# A group is addressed only while its leader is the process of that START, or is gone while others of the group live: the
# kernel gives a number to no new process as long as a group has it. Dead ones that nobody has collected yet do not
# count. Builtins only, but for `sleep`: it must work when the machine is out of processes or disk.
trap "" HUP INT QUIT TERM PIPE
ours() {
  if [ -e "/proc/$1" ]; then
    s=; { read -r s <"/proc/$1/stat"; } 2>/dev/null
    pid=$1 start=$2
    # shellcheck disable=SC2086 # the fields of a line of stat are wanted one by one
    set -- ${s##*) }
    [ "$start" = "${20}" ] || return 1
    [ "$1" = Z ] || return 0
    set -- "$pid" "$start"
  fi
  kill -s 0 -- "-$1" 2>/dev/null || { [ "$2" = - ] && kill -s 0 "$1" 2>/dev/null; return; }
  [ -e /proc/self ] || return 0
  lives "$1"
}
lives() {
  for stat in /proc/[0-9]*/stat; do
    s=; { read -r s <"$stat"; } 2>/dev/null
    # shellcheck disable=SC2086 # the fields of a line of stat are wanted one by one
    set -- "$1" ${s##*) }
    [ "$4" = "$1" ] && [ "$2" != Z ] && return 0
  done
  return 1
}
signal() { ours "$2" "$3" && { kill -s "$1" -- "-$2" || kill -s "$1" "$2"; } 2>/dev/null; }
each() { result=1; for entry in $list; do "$@" "${entry%:*}" "${entry#*:}" && result=0; done; return $result; }
left() {
  ours "$1" "$2" && ! { kill -s 0 -- "-$1" || kill -s 0 "$1"; } 2>/dev/null && echo "left $1 $2"
}
finish() { each left; [ -z "$leads" ] || kill -s KILL 0; exit 0; }
# It ends its whole process group at last, if that is its own.
s=; { read -r s </proc/$$/stat; } 2>/dev/null
# shellcheck disable=SC2086 # the fields of a line of stat are wanted one by one
set -- "$1" "$2" ${s##*) }
leads=; [ "$5" != $$ ] || leads=yes
{
  while sleep "$2" && echo look; do :; done </dev/null &
  while read -r line; do echo "$line"; done
  echo end
} 2>/dev/null | {
list='' quiet=0
while read -r op a b c; do
  [ "$op" = look ] || quiet=0
  case $op in
    end) break ;;
    look) quiet=$((quiet + 1)); [ $quiet -lt 3 ] || break ;;
    add) list="$list $a:$b" ;;
    del) kept=; for entry in $list; do [ "$entry" = "$a:$b" ] || kept="$kept $entry"; done; list=$kept ;;
    forget) list= ;;
    kill) signal "$a" "$b" "$c"; echo "$1" ;;
  esac
done
each signal TERM || finish
each signal CONT
for _ in 1 2 3 4 5 6 7 8 9 10; do each ours || finish; sleep 0.1 2>/dev/null || sleep 1; done
each signal KILL
finish
}
