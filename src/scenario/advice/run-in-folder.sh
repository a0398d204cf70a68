# Runs a command in a folder: `$1`, from the home folder; then the command, word by word.
cd -- "$1" || exit 126
shift
exec "$@"
