# The numbers of those arguments that are there, counted from 1, one a line.
number=0
for file; do
  number=$((number + 1))
  if [ -e "$file" ] || [ -h "$file" ]; then printf '%s\n' "$number"; fi
done
exit 0
