# Those of the arguments that are commands here, one a line.
for name; do
  command -v "$name" >/dev/null 2>&1 && printf '%s\n' "$name"
done
exit 0
