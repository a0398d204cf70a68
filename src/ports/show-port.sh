# What the two commands of the practical print: `netstat -an` (its Internet part; what follows on Unix sockets has
# nothing to do with ports) and `sudo lsof -i :PORT`. `sudo` only where it asks for nothing. Prints the mark, the
# command and its output, for each that is installed.
#
# Arguments: port, the mark that begins each part.
LC_ALL=C; PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; export LC_ALL PATH
if command -v netstat >/dev/null; then
  printf '%snetstat -an\n' "$2"
  netstat -an 2>&1 | sed '/^Active UNIX/,$d'
fi
if command -v lsof >/dev/null; then
  if [ "$(id -u)" != 0 ] && sudo -n true 2>/dev/null; then
    printf '%ssudo lsof -i :%s\n' "$2" "$1"; sudo -n lsof -i ":$1" 2>&1
  else
    printf '%slsof -i :%s\n' "$2" "$1"; lsof -i ":$1" 2>&1
  fi
fi
exit 0
