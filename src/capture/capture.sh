# Captures packets to standard output, as pcap. Arguments: options of tcpdump in one word, the filter (pcap-filter(7)),
# then the interface, `any`, or several names: then all interfaces are captured, and also when the one does not exist
# and `--or-any` comes before it.
#
# The SSH connection that carries the capture is left out, or it would be captured without end.
#
# Standard error has the machine's clock (`lab-clock SECONDS`), then what tcpdump says. Where the user may not capture,
# sudo without a password is tried.
PATH=$PATH:/usr/sbin:/sbin:/usr/bin:/bin LC_ALL=C; export PATH LC_ALL
options=$1 filter=$2; shift 2
# shellcheck disable=SC2086 # the words of SSH_CONNECTION (ssh(1)) are wanted one by one
ours=$(
  set -- $SSH_CONNECTION
  case $1 in (*[!0-9a-fA-F.:]*|'') ;; (*) echo "not (host $1 and tcp port $2 and tcp port $4)" ;; esac
)
if [ -z "$filter" ]; then filter=$ours; elif [ -n "$ours" ]; then filter="($filter) and $ours"; fi
command -v tcpdump >/dev/null || { echo 'lab: no tcpdump' >&2; exit 127; }
if [ "$1" = --or-any ]; then
  shift
  if [ $# -ne 1 ] || [ ! -e "/sys/class/net/$1" ]; then set -- any; fi
fi
# shellcheck disable=SC2086 # options are several words
set -- tcpdump -i "$1" $options -- "$filter"
# Runs tcpdump until the end of input: SIGTERM then lets it write what it has and its counts. (A signal from outside
# would not reach it under sudo.) Its standard input is not ours, since a command in the background would get the
# terminal's.
# shellcheck disable=SC2016 # expanded by the shell that runs it
until_end='
  exec 3<&0; "$@" 3<&- </dev/null & p=$!
  { cat <&3; kill -s TERM "$p"; } >/dev/null 2>&1 & w=$!
  wait "$p"; r=$?; kill "$w" 2>/dev/null; exit "$r"
'
echo "lab-clock $(date +%s.%N)" >&2
may=$(tcpdump -i "$3" -p -d -- "$filter" 2>&1 >/dev/null) && exec sh -c "$until_end" sh "$@"
case $may in
  *ermission*|*ermitted*) [ "$(id -u)" = 0 ] || exec sudo -n sh -c "$until_end" sh "$@" ;;
esac
printf '%s\n' "$may" >&2
exit 1
