# Looks from one machine at the way to another: what a name is there, addresses, the route, the neighbour that the route
# leads to, what is open, the rules of the firewall. Connects to nothing; the neighbour is asked with one ICMP echo.
#
# Arguments: the mark that begins each part of the output; what to do (`source`: from here, `router`: through here,
# `target`: to here, `root`: what only root may, with interface and address of the neighbour to ask again, if any); the
# name to look up; addresses of the other machine of which one is to be reached, the first unless the name says another.
mark=$1 what=$2 name=$3 wanted=$4
has() { command -v "$1" >/dev/null 2>&1; }
part() { say "$mark$1"; }
# A name server that does not answer must not hold this up.
bounded() { if has timeout; then timeout 5 "$@"; else "$@"; fi; }

rules() {
  if has nft; then
    tables=$(nft list tables 2>/dev/null) || return 1
    # One by one: what nft cannot list (1.0.6 aborts at what other programs have made) hides no other table. The table
    # with which lab counts attempts stops nothing.
    part nft
    say "$tables" | while read -r _ family table _; do
      case $table in '' | lab_watch) ;; *) nft -j list table "$family" "$table" 2>/dev/null || say aborted ;; esac
    done
    part nft-text
    say "$tables" | while read -r _ family table _; do
      case $table in '' | lab_watch) ;; *) nft -a list table "$family" "$table" 2>/dev/null ;; esac
    done
  else part no-nft
  fi
  # Rules that only the older tool shows.
  if names=$(cat /proc/net/ip_tables_names /proc/net/ip6_tables_names 2>/dev/null) && [ -n "$names" ]; then
    part iptables
    say "$names"
  fi
}

# A neighbour that is remembered, but does not answer, is asked now and not in some seconds (ip-neighbour(8)).
ask_again() {
  known=$(ip neigh show to "$2" dev "$1" 2>/dev/null)
  case $known in *lladdr*) ;; *) return 0 ;; esac
  address=${known##*lladdr }
  ip neigh change "$2" lladdr "${address%% *}" dev "$1" nud probe 2>/dev/null || return 0
  for _ in 1 2 3 4 5; do
    sleep 1
    case $(ip neigh show to "$2" dev "$1") in *PROBE*) ;; *) break ;; esac
  done
  part neighbour
  ip neigh show to "$2" dev "$1"
}

if [ "$what" = root ]; then
  [ -z "$name" ] || ask_again "$name" "$wanted"
  rules || part rules-refused
  exit 0
fi

names=
if [ -n "$name" ]; then
  if has getent; then
    part names
    names=$(bounded getent ahosts "$name" 2>/dev/null || bounded getent hosts "$name" 2>/dev/null)
    [ -z "$names" ] || say "$names"
  fi
  part hosts
  awk -v name="$name" '{ sub(/#.*/, ""); for (i = 2; i <= NF; i++) if ($i == name) { print NR ": " $0; break } }' \
    /etc/hosts 2>/dev/null
fi
if ! has ip; then part no-ip
else
  part addresses; ip -o addr show 2>/dev/null
  part interfaces; ip -o link show 2>/dev/null
fi

# The first address that the name gives and that is wanted; else the first wanted one; else the first, IPv4 if there is.
aim=
for address in $(say "$names" | awk '{ print $1 }'); do
  case " $wanted " in *" $address "*) [ -n "$aim" ] || aim=$address ;; esac
done
[ -n "$aim" ] || aim=${wanted%% *}
[ -n "$aim" ] || aim=$(say "$names" | awk '$1 ~ /[.]/ { print $1; exit }')
[ -n "$aim" ] || aim=$(say "$names" | awk '{ print $1; exit }')
part aim; say "$aim"
again_device='' again_hop=''
if [ -n "$aim" ] && has ip; then
  part route
  route=$(ip route get "$aim" 2>&1)
  say "$route"
  # shellcheck disable=SC2086 # its words are wanted one by one; names of files are not looked for (set -f)
  set -- $route
  hop=$aim device='' local=
  [ "$1" != local ] || local=yes
  while [ $# -gt 1 ]; do
    case $1 in via) hop=$2 ;; dev) device=$2 ;; esac
    shift
  done
  if [ "$what" != target ] && [ -n "$device" ] && [ -z "$local" ]; then
    part echo
    # A link-local address is one of each link (RFC 4007, section 11).
    case $hop in fe80:*) near=$hop%$device ;; *) near=$hop ;; esac
    if ! has ping; then say missing
    elif ping -n -c 1 -W 1 "$near" >/dev/null 2>&1; then say answered
    else say silent
    fi
    part neighbour
    state=$(ip neigh show to "$hop" dev "$device" 2>/dev/null)
    say "$state"
    case $state in *STALE* | *DELAY* | *PROBE*) again_device=$device again_hop=$hop ;; esac
    if [ "$what" = source ] && [ "$hop" != "$aim" ] && has ping; then
      part far-echo
      if ping -n -c 1 -W 1 "$aim" >/dev/null 2>&1; then say answered; else say silent; fi
    fi
  fi
fi
if [ "$what" = router ]; then
  part forwarding
  cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding 2>/dev/null
fi
if [ "$what" = target ]; then
  for protocol in tcp udp; do
    case $protocol in udp) flag=u ;; *) flag=t ;; esac
    if table=$(ss -"$flag"lne 2>/dev/null) && [ -n "$table" ]; then part "ss $protocol"; say "$table"
    elif [ -r "/proc/net/$protocol" ]; then
      part "proc $protocol"
      cat "/proc/net/$protocol" "/proc/net/$protocol"6 2>/dev/null
    fi
  done
fi
if [ "$(id -u)" = 0 ]; then
  [ -z "$again_hop" ] || ask_again "$again_device" "$again_hop"
  rules || part rules-refused
elif ! has sudo; then part no-sudo
else as_root "$mark" root "$again_device" "$again_hop" 2>/dev/null || part rules-refused
fi
part uid; id -u
part end
