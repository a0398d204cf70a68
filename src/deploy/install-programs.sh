# Receives a tar archive on standard input and does what the file `plan` in it says, line by line. The archive holds
# `blobs/<sha256>` (what was missing), `sums` (what they must hash to), `stored` (the same for content that is here
# already), `manifest-<n>`, and last `plan`, whose absence shows a cut-off archive.
#
# Nothing changes in a program's folder before all content is here and its hashes are right; each file is then replaced
# by a rename. `put` copies content to where it belongs; `place` moves it there, the last time that it is needed, where
# the disk has no room for a store.
#
# Answers: `failed WHAT PATH`, `stale` (stored content was gone or wrong; ask again), `kept PROGRAM PATH BACKUP`,
# `stayed PROGRAM PATH`, and `end`.
fail() { say failed "$@"; exit 1; }
{ mkdir -p -m 700 .lab && mkdir -p .lab/incoming .lab/cas; } || fail write .lab
for old in .lab/incoming/*; do
  [ -d "$old" ] && ! kill -0 "${old##*/}" 2>/dev/null && rm -rf "$old"
done
incoming=.lab/incoming/$$
trap 'rm -rf "$incoming"' EXIT
trap 'exit 1' HUP INT TERM
# When the connection is lost, answers go nowhere; that must not end us before we have cleaned up.
trap '' PIPE
mkdir "$incoming" "$incoming/blobs" || fail write "$incoming"
tar -x -o -f - -C "$incoming" || fail unpack "$incoming"
[ -f "$incoming/plan" ] || fail cut
if [ -s "$incoming/sums" ]; then
  (cd "$incoming/blobs" && sums -c ../sums) >"$incoming/checked" || fail changed
fi
if [ -s "$incoming/stored" ] &&
  ! (cd .lab/cas && sums -c "../incoming/$$/stored") >"$incoming/checked" 2>/dev/null; then
  while read -r line; do
    case $line in *': OK') ;; *) rm -f ".lab/cas/${line%%:*}" ;; esac
  done <"$incoming/checked"
  say stale
  exit 1
fi

prune() {
  emptied=$1
  while [ "$emptied" != "${emptied%/*}" ]; do
    emptied=${emptied%/*}
    rmdir "$folder/$emptied" 2>/dev/null || break
  done
}
make_way() {
  file=$folder/$1
  case $1 in */*) mkdir -p "${file%/*}" || fail write "${file%/*}" ;; esac
  if [ -h "$file" ]; then rm -f "$file"; elif [ -d "$file" ]; then fail taken "$file"; fi
}

while read -r operation first second third; do
  case $operation in
  claim)
    mkdir -p "lab/$first" ".lab/deployed/$first" || fail write "lab/$first"
    rm -f ".lab/deployed/$first/built"
    mv -f "$incoming/$second" ".lab/deployed/$first/next" || fail write ".lab/deployed/$first" ;;
  runtime)
    chmod 755 "$incoming/blobs/$second" || fail write "$incoming"
    "$incoming/blobs/$second" --version >/dev/null || fail runtime
    { mkdir -p ".lab/runtime/$first" && mv -f "$incoming/blobs/$second" ".lab/runtime/$first/node"; } ||
      fail write ".lab/runtime/$first"
    # shellcheck disable=SC2012 # names of ours, and only ls(1) sorts by time
    ls -t .lab/runtime | tail -n +3 | while read -r old; do rm -rf ".lab/runtime/$old"; done ;;
  node)
    { say "$first" "$second" >"$incoming/node" && mv -f "$incoming/node" .lab/node; } || fail write .lab/node ;;
  store)
    mv -f "$incoming"/blobs/* .lab/cas/ || fail write .lab/cas ;;
  program)
    id=$first folder=lab/$first ;;
  drop)
    file=$folder/$second
    if [ ! -f "$file" ] || [ -h "$file" ]; then continue; fi
    if [ "$(sums <"$file")" = "$first  -" ]; then rm -f "$file"; prune "$second"; else say stayed "$id" "$second"; fi ;;
  unlink)
    file=$folder/$second
    [ -h "$file" ] && [ "$(readlink "$file")" = "$first" ] && rm -f "$file" && prune "$second" ;;
  keep)
    file=$folder/$second backup=$folder/$second.$first count=1
    while [ -e "$backup" ] || [ -h "$backup" ]; do count=$((count + 1)); backup=$file.$first-$count; done
    ln "$file" "$backup" 2>/dev/null || cp -pP "$file" "$backup" || fail write "$backup"
    say kept "$id" "$second" "${backup##*/}" ;;
  put|place)
    content=.lab/cas/$first step='cp'
    [ -f "$content" ] || content=$incoming/blobs/$first
    [ -f "$content" ] || { say stale; exit 1; }
    [ "$operation" = put ] || step='mv'
    make_way "$third"
    copy=${file%/*}/.lab-$$.tmp
    { $step "$content" "$copy" && { [ "$second" = - ] || chmod +x "$copy"; } && mv -f "$copy" "$file"; } ||
      { rm -f "$copy"; fail write "$file"; } ;;
  link)
    make_way "$second"
    ln -s "$first" "$file" || fail write "$file" ;;
  done)
    deployed=.lab/deployed/$id
    if [ "$first" = new ] && [ -f "$deployed/now" ]; then
      mv -f "$deployed/now" "$deployed/before" || fail write "$deployed"
    fi
    mv -f "$deployed/next" "$deployed/now" || fail write "$deployed" ;;
  esac
done <"$incoming/plan"

# First what is stored, then what is used: another lab claims its content before it stores it.
ls .lab/cas >"$incoming/stored"
cut -f 2 .lab/deployed/*/*/* 2>/dev/null >"$incoming/used"
grep -vxF -f "$incoming/used" "$incoming/stored" | while read -r unused; do rm -f ".lab/cas/$unused"; done
say end
exit 0
