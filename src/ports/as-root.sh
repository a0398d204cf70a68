# Runs the script that is its first argument, which may run itself again through sudo: it has its own text in `self`,
# and in `password`, the second one, `given` when the password of sudo is on standard input.
# shellcheck disable=SC2034 # the script uses it
self=$1 password=$2
shift 2
eval "$self"
