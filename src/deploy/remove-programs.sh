# `$1`: name of the lab. Removes each file of its manifests whose content is still ours, then folders that are empty;
# then the lab's manifests; then stored content that no lab of this account uses, and with the last lab everything of
# ours.
#
# Answers: `stays PATH` for what it leaves in the program folders, and `end`.
set -f
remove_file() {
  [ -f "$1" ] && [ ! -h "$1" ] || return 0
  [ "$(sums <"$1")" = "$2  -" ] || return 0
  rm -f "$1" || exit 1
  # What Python puts next to a module of ours.
  case $1 in *.py)
    module=${1##*/} cache=${1%/*}/__pycache__
    set +f; rm -f "$cache/${module%.py}."*.pyc; set -f
    rmdir "$cache" 2>/dev/null ;;
  esac
}
empty() {
  folder=$1
  while [ "$folder" != lab ] && rmdir "$folder" 2>/dev/null; do folder=${folder%/*}; done
}
set +f
for deployed in ".lab/deployed/$1"/*; do
  set -f
  [ -d "$deployed" ] || continue
  program=lab/$1/${deployed##*/}
  for version in now before next made; do
    [ -f "$deployed/$version" ] || continue
    while read -r kind value _ path; do
      case $kind in
      f) remove_file "$program/$path" "$value" ;;
      l) [ -h "$program/$path" ] && [ "$(readlink "$program/$path")" = "$value" ] && rm -f "$program/$path" ;;
      esac
      case $path in */*) empty "$program/${path%/*}" ;; esac
    done <"$deployed/$version"
  done
  rmdir "$program" 2>/dev/null || find "$program" ! -type d 2>/dev/null |
    while read -r left; do say stays "$left"; done
done
set +f
rmdir "lab/$1" lab 2>/dev/null
if [ -d .lab ]; then
  rm -rf ".lab/deployed/$1" || exit 1
  if rmdir .lab/deployed 2>/dev/null || [ ! -e .lab/deployed ]; then
    rm -rf .lab/cas .lab/runtime .lab/incoming .lab/node || exit 1
    rmdir .lab 2>/dev/null
  elif [ -d .lab/cas ]; then
    for blob in .lab/cas/*; do
      grep -qs "^f	${blob##*/}	" .lab/deployed/*/*/* || rm -f "$blob"
    done
  fi
fi
say end
exit 0
