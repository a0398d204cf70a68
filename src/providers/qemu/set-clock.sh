# Sets the clock to `$1`, in seconds since the Unix epoch. Forward only: what was saved is behind, and a command takes
# seconds to arrive where each instruction is emulated.
now=$1
[ "$now" -gt "$(($(date +%s) + 2))" ] || exit 0
[ "$(id -u)" = 0 ] || exec sudo -n date -u -s "@$now"
exec date -u -s "@$now"
