# Starts the program that tries the walls of a machine from within (walls-probe.pl), which comes first on standard
# input: as root where that needs no password, since root is whom they have to hold. The first argument stands in the command
# lines of both accounts, by which the host finds them.
LC_ALL=C
export LC_ALL
# shellcheck disable=SC2016 # the variables are Perl's
start='{ local $/ = "\n__END__\n"; $program = <STDIN>; } eval $program; die $@ if $@'
command -v perl >/dev/null || { echo no-perl; exit 0; }
[ "$(id -u)" = 0 ] || sudo -n perl -e "$start" "$@" 2>/dev/null || exec perl -e "$start" "$@"
[ "$(id -u)" != 0 ] || exec perl -e "$start" "$@"
