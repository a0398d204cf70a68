# Lists a file or folder of the machine. `$1` token, `$2` the thing, then folders in it to look through, links to none
# of which find(1) follows.
#
# Each record ends in the token, which no name can know, and a line end: `l|d|f MODE SIZE DEVICE:INODE PATH`, where the
# mode is hexadecimal and `l` stands for what a link leads to; `x PATH` is a link that leads nowhere, `u PATH` a folder
# that may not be read.
LC_ALL=C; export LC_ALL
t=$1 thing=$2; shift 2
if [ ! -d "$thing" ]; then stat -L -c "f %f %s %d:%i $t" -- "$thing" && echo "end $t"; exit; fi
cd -- "$thing" 2>/dev/null || { echo "Permission denied" >&2; exit 1; }
for folder; do
  find "./$folder/." -type l -exec sh -c '
      t=$1; shift
      for f; do stat -L -c "l %f %s %d:%i %n$t" "$f" 2>/dev/null || printf "x %s%s\n" "$f" "$t"; done' sh "$t" {} + \
    -o -type d -exec sh -c '
      t=$1; shift
      stat -c "d %f %s %d:%i %n$t" "$@"
      for f; do [ -r "$f" ] && [ -x "$f" ] || printf "u %s%s\n" "$f" "$t"; done' sh "$t" {} + \
    -o -exec stat -c "f %f %s %d:%i %n$t" {} + 2>/dev/null
done
echo "end $t"
