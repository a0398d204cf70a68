# Writes a file from standard input. Arguments: target, mode, SHA-256, a unique name. Exit statuses of its own: 90 the
# hash is another one, 91 the target is a folder, 92 there is no program for hashes, 93 the target is no ordinary file.
#
# `set -C` (noclobber) makes the temporary file new, so no link that somebody planted is followed. It lies next to the
# target, so that `mv` is a rename(2): atomic. When the connection breaks off, `cat` sees the end of its input like at a
# complete upload; the hash then differs, and the old file stays. A machine without any program for SHA-256 keeps the
# temporary file and tells its size and name, which the sender compares: that finds a broken upload, but not a changed byte.
export LC_ALL=C
[ ! -d "$1" ] || exit 91
[ ! -e "$1" ] || [ -f "$1" ] || exit 93
case $1 in */*) folder=${1%/*} ;; *) folder=. ;; esac
[ -d "${folder:=/}" ] || mkdir -p -- "$folder" || exit 1
temporary=$folder/.lab-$4.part
umask 077
set -C
trap 'rm -f -- "$temporary"' EXIT
trap 'exit 1' HUP INT TERM PIPE
cat >"$temporary" || exit 1
hash=none
for tool in sha256sum 'shasum -a 256' 'openssl dgst -sha256 -r'; do
  if command -v "${tool%% *}" >/dev/null; then hash=$($tool <"$temporary") || exit 1; break; fi
done
hash=${hash%% *}
chmod -- "$2" "$temporary" || exit 1
if [ "$hash" = none ]; then trap - EXIT; echo "$(wc -c <"$temporary") $temporary"; exit 92; fi
[ "$hash" = "$3" ] || { echo "$hash"; exit 90; }
mv -f -- "$temporary" "$1" || exit 1
