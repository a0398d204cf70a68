# Answers all questions in one go and changes nothing. `$1`: the oldest major version of Node that will do when a
# program needs Node, else empty; `$2`: key of our Node runtime, or empty.
#
# Standard input, fields apart by tabs: `blob SHA256`, `program LAB/PROGRAM`, and after it `path PATH` for each file
# that is wanted. Answers come in the same form, then the lines of sha256sum(1), then `end`.
#
# As much as possible is done by the shell itself, because every process that it starts costs a millisecond; Node costs
# forty, and ten seconds where instructions are emulated, so its version is remembered with what ls(1) says of the file,
# and asked for again only when that is another.
say home "$PWD"
say path "$PATH"
for tool in tar sha256sum shasum; do
  command -v "$tool" >/dev/null 2>&1 && say tool "$tool"
done
df -Pk . 2>/dev/null | while read -r line; do say df "$line"; done
if [ -n "$1" ]; then
  version=
  if node=$(command -v node 2>/dev/null); then
    known='' file=$(ls -Lil "$node" 2>/dev/null)
    { read -r known version; } 2>/dev/null <.lab/node
    if [ -n "$file" ] && [ "$known" = "$file" ]; then file=''; else version=$(node --version 2>/dev/null); fi
    say node "$version" "$file"
  fi
  major=${version#v}; major=${major%%.*}
  if ! [ "$major" -ge "$1" ] 2>/dev/null; then
    say system "$(uname -sm)"
    say libc "$(getconf GNU_LIBC_VERSION 2>/dev/null)"
    for musl in /lib/ld-musl-*; do [ -e "$musl" ] && say musl "$musl"; done
  fi
  for runtime in "/opt/lab/runtime/$2" "$PWD/.lab/runtime/$2"; do
    [ -n "$2" ] && [ -x "$runtime/node" ] && say runtime "$runtime"
  done
fi

# Names of files hold no line break and no tab, so both separate words here. Not all at once: a command line has a
# limit.
files='' count=0
hash_files() {
  # shellcheck disable=SC2086 # `files` are several words
  [ -z "$files" ] || (set -f; IFS='
	'; sums $files)
  files='' count=0
}
while read -r kind value; do
  case $kind in
  blob)
    [ -f ".lab/cas/$value" ] && say blob "$value" ;;
  program)
    id=$value folder=lab/$value
    if [ -d "$folder" ]; then say program "$id" there
    elif [ -e "$folder" ] || [ -h "$folder" ]; then say program "$id" taken
    else say program "$id" absent; fi
    for version in now before next made; do
      [ -f ".lab/deployed/$id/$version" ] || continue
      while read -r line; do say manifest "$id" "$version" "$line"; done <".lab/deployed/$id/$version"
    done
    stamp=''
    [ -f ".lab/deployed/$id/built" ] && read -r stamp <".lab/deployed/$id/built" &&
      while read -r _ _ _ made; do
        [ -e "$folder/$made" ] || stamp=''
      done <".lab/deployed/$id/made"
    if [ -n "$stamp" ]; then
      say built "$id" "$stamp"
      while IFS= read -r line; do say said "$id" "$line"; done <".lab/deployed/$id/build-said"
    fi ;;
  path)
    file=$folder/$value
    if [ -h "$file" ]; then say link "$id" "$(readlink "$file")" "$value"
    elif [ -f "$file" ]; then
      if [ -x "$file" ]; then mode=x; else mode=-; fi
      say file "$id" "$mode" "$value"
      files="$files$file
" count=$((count + 1))
      [ "$count" -lt 200 ] || hash_files
    elif [ -e "$file" ]; then say other "$id" "$value"; fi ;;
  esac
done
hash_files
say end
exit 0
