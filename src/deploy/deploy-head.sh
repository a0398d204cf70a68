# Beginning of the scripts of deployment, for a POSIX shell and the tools of GNU, BusyBox and BSD alike.
LC_ALL=C; export LC_ALL
# A tab: fields are apart by tabs.
IFS='	'
say() { printf '%s\n' "$*"; }
if command -v sha256sum >/dev/null 2>&1; then sums() { sha256sum "$@"; }; else sums() { shasum -a 256 "$@"; }; fi
cd || exit 90
