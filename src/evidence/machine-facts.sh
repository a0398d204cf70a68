# Prints a word and a value a line. Arguments: for each program its name, its interpreter and the folders in which that
# is looked for.
LC_ALL=C; export LC_ALL
# shellcheck disable=SC1091 # the machine's own
( . /etc/os-release 2>/dev/null && printf 'system %s\n' "$PRETTY_NAME" )
printf 'kernel %s\n' "$(uname -srm)"
while [ $# -ge 3 ]; do
  version=$(PATH=$3:$PATH; export PATH; nice "$2" --version 2>/dev/null </dev/null | head -n 1)
  [ -z "$version" ] || printf 'runtime %s %s\n' "$1" "$version"
  shift 3
done
