# Tells what a machine is like, in one round trip, for any POSIX shell and the tools of GNU, BusyBox and BSD alike.
# Changes nothing. Answers are lines of fields apart by tabs; `$@` are the names of the lab's machines, which are looked
# for in /etc/hosts and nowhere else: a name server may take its time.
LC_ALL=C; export LC_ALL
PATH=$PATH:/usr/sbin:/sbin:/usr/local/sbin
tab=$(printf '\t')
say() { kind=$1; shift; for line; do printf '%s\t%s\n' "$kind" "$line"; done; }
has() { command -v "$1" >/dev/null 2>&1; }
say hostname "$(uname -n)"
say system "$(uname -sm)"
# shellcheck disable=SC1091 # the machine's own
[ -r /etc/os-release ] && say distribution "$(. /etc/os-release; printf %s "$PRETTY_NAME")"
say user "$(id -un)"
say groups "$(id -Gn)"
say uid "$(id -u)"
say shell "$SHELL"
say home "$HOME"
say connection "$SSH_CONNECTION"
for tool in ss lsof netstat ip ifconfig ping nc timeout bash python3 perl node tcpdump sudo tar sha256sum; do
  has "$tool" && say tool "$tool"
done
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
