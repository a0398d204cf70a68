# Starts the program that answers questions about programs (look.pl), which comes first on standard input. As root where
# that needs no password: what a process waits for may be seen by its own account or by root only, and on a machine with
# Yama (Ubuntu) by root only.
LC_ALL=C
export LC_ALL
# shellcheck disable=SC2016 # the variables are Perl's
start='{ local $/ = "\n__END__\n"; $program = <STDIN>; } eval $program; die $@ if $@'
command -v perl >/dev/null && [ -r /proc/self/stat ] || exit 0
[ "$(id -u)" = 0 ] || sudo -n perl -e "$start" 2>/dev/null || exec perl -e "$start"
[ "$(id -u)" != 0 ] || exec perl -e "$start"
