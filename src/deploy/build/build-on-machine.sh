# Builds a program in its folder. `$1`: LAB/PROGRAM; `$2`: a folder to put first in PATH, or empty; then the command,
# word by word. What it prints is printed, its status is ours.
#
# When it has succeeded, `.lab/deployed/LAB/PROGRAM/made` lists what it made or changed, in the form of a manifest: what
# lies there then is ours, to be replaced and removed. Names with a tab or a line break are passed over.
id=$1 search=$2
shift 2
if command -v sha256sum >/dev/null 2>&1; then sum() { sha256sum; }; else sum() { shasum -a 256; }; fi
cd || exit 90
deployed=$PWD/.lab/deployed/$id
cd "lab/$id" && rm -f "$deployed/built" || exit 90
tab=$(printf '\t')
: >"$deployed/mark"
find . -type f >"$deployed/listed"
(
  [ -z "$search" ] || PATH=$search:$PATH
  exec "$@"
) || exit
{
  find . -type f | grep -vxF -f "$deployed/listed"
  find . -type f -newer "$deployed/mark"
  # What an earlier build has made and this one found good.
  [ ! -f "$deployed/made" ] || cut -f 4 "$deployed/made" | sed 's|^|./|'
} | sort -u | grep -v "$tab" | head -n 2000 |
  while IFS= read -r file; do
    hash=$(sum <"$file" 2>/dev/null) && printf 'f\t%s\t-\t%s\n' "${hash%% *}" "${file#./}"
  done >"$deployed/next-made"
mv -f "$deployed/next-made" "$deployed/made"
rm -f "$deployed/mark" "$deployed/listed"
exit 0
