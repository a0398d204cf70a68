# `$1` where the copy goes: is it a folder, and what does df(1) say of the place?
LC_ALL=C; export LC_ALL
[ -d "$1" ] && echo folder || echo file
d=$1
until [ -d "$d" ]; do case $d in */*) d=${d%/*}; d=${d:-/} ;; *) d=. ;; esac; done
df -Pk -- "$d" 2>/dev/null | tail -n 1
