/**
 * Tells what a machine is like, in one round trip, for any POSIX shell and the tools of GNU, BusyBox and BSD alike. Changes nothing. Answers are lines of fields
 * apart by tabs; `$@` are the names of the lab's machines, which are looked for in /etc/hosts and nowhere else: a name server may take its time.
 */
export const SURVEY_SCRIPT = String.raw`
LC_ALL=C; export LC_ALL
PATH=$PATH:/usr/sbin:/sbin:/usr/local/sbin
tab=$(printf '\t')
say() { kind=$1; shift; for line; do printf '%s\t%s\n' "$kind" "$line"; done; }
has() { command -v "$1" >/dev/null 2>&1; }
say hostname "$(uname -n)"
say system "$(uname -sm)"
[ -r /etc/os-release ] && say distribution "$(. /etc/os-release; printf %s "$PRETTY_NAME")"
say user "$(id -un)"
say groups "$(id -Gn)"
say uid "$(id -u)"
say shell "$SHELL"
say home "$HOME"
say connection "$SSH_CONNECTION"
for tool in ss lsof netstat ip ifconfig ping nc timeout bash python3 perl node tcpdump sudo tar sha256sum; do has "$tool" && say tool "$tool"; done
has python3 && say python "$(python3 --version 2>&1)"
has node && say node "$(node --version 2>/dev/null)"
has sudo && sudo -n true </dev/null >/dev/null 2>&1 && say sudo free
[ -d "$HOME" ] && [ -w "$HOME" ] && say writable yes
df -Pk "$HOME" 2>/dev/null | while read -r line; do say df "$line"; done
[ -r /proc/mounts ] && while read -r _ place _ options _; do say mount "$place$tab$options"; done </proc/mounts
if has ip; then
  ip -o addr show 2>/dev/null | while read -r line; do say address "$line"; done
  ip -o link show 2>/dev/null | while read -r line; do say link "$line"; done
elif has ifconfig; then ifconfig -a 2>/dev/null | while IFS= read -r line; do say ifconfig "$line"; done
fi
[ $# -gt 0 ] && printf '%s\n' "$@" | grep -wFf - /etc/hosts 2>/dev/null | while read -r line; do say hosts "$line"; done
echo end
`;

/** Answers each line of input with the time, in seconds since the Unix epoch, as exactly as the machine can. */
export const CLOCK_SCRIPT = String.raw`
LC_ALL=C; export LC_ALL
case $(date +%N 2>/dev/null) in
  *[!0-9]*|'') now='date +%s'
    if command -v python3 >/dev/null 2>&1; then now="python3 -c 'import time; print(time.time())'"
    elif command -v perl >/dev/null 2>&1; then now="perl -MTime::HiRes=time -e 'print time, qq(\n)'"; fi ;;
  *) now='date +%s.%N' ;;
esac
while read -r _; do eval "$now"; done
`;

/**
 * Tries whether peers can be reached, all at once. `$@`: `ADDRESS PORT` pairs, where PORT is that of the peer's SSH server. A peer that answers no ping is asked
 * for a TCP connection to that port and no other: a student's server accepts once, and that is not ours to use up. A refusal is an answer, too.
 */
export const PEERS_SCRIPT = String.raw`
LC_ALL=C; export LC_ALL
PATH=$PATH:/usr/sbin:/sbin:/usr/local/sbin
has() { command -v "$1" >/dev/null 2>&1; }
knock() {
  if has bash && has timeout; then timeout 3 bash -c 'exec 3<>"/dev/tcp/$1/$2"' bash "$1" "$2" 2>&1
  elif has python3; then python3 -c 'import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 3)' "$1" "$2" 2>&1
  elif has perl; then perl -MIO::Socket::INET -e 'IO::Socket::INET->new(PeerAddr => $ARGV[0], PeerPort => $ARGV[1], Timeout => 3) or die "$!\n"' "$1" "$2" 2>&1
  elif has nc; then
    nc -z -w 3 "$1" "$2" 2>&1 && return
    # BusyBox knows no -z.
    nc -w 3 "$1" "$2" </dev/null 2>&1
  else echo 'no tool'; return 1; fi
}
look() {
  if has ping && ping -c 1 -W 1 "$1" >/dev/null 2>&1; then printf '%s\tping\n' "$1"; return; fi
  if said=$(knock "$1" "$2"); then printf '%s\ttcp\n' "$1"; return; fi
  case $said in *refused*) printf '%s\trefused\n' "$1"; return ;; 'no tool') printf '%s\tunknown\n' "$1"; return ;; esac
  route=$(ip route get "$1" 2>&1 | while read -r line; do echo "$line"; break; done)
  neighbour=$(ip neigh show "$1" 2>/dev/null | while read -r line; do echo "$line"; break; done)
  printf '%s\tsilent\t%s\t%s\n' "$1" "$route" "$neighbour"
}
while [ $# -ge 2 ]; do look "$1" "$2" & shift 2; done
wait
echo end
`;
