# Sends a signal to processes, each identified again right before: same start time, same command, still holding the
# socket. All or none: when one of them is not ours to signal, everything is done through sudo, or nothing.
#
# Arguments: signal, `plain` or `elevated` (the second run, as root), then for each process `PID IDENTITY INODE` (`-`
# for no inode). Prints a line for each: `signalled`, `gone`, `changed`, `denied`, and the PID; `sudo absent` or `sudo
# refused` when nothing could be done.
signal=$1 mode=$2
shift 2
# shellcheck disable=SC2317 # `each` calls it
# 0: it is the same and we may signal it; else prints why not.
same() {
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
# shellcheck disable=SC2317 # `each` calls it
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
      else as_root "$signal" elevated "$@" 2>/dev/null || say 'sudo refused'
      fi
    else each same "$@"
    fi
    ;;
  *) each end_it "$@" ;;
esac
exit 0
