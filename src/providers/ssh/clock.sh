# Answers each line of input with the time, in seconds since the Unix epoch, as exactly as the machine can.
LC_ALL=C; export LC_ALL
case $(date +%N 2>/dev/null) in
  *[!0-9]*|'') now='date +%s'
    if command -v python3 >/dev/null 2>&1; then now="python3 -c 'import time; print(time.time())'"
    elif command -v perl >/dev/null 2>&1; then now="perl -MTime::HiRes=time -e 'print time, qq(\n)'"; fi ;;
  *) now='date +%s.%N' ;;
esac
while read -r _; do eval "$now"; done
