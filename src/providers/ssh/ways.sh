# Tells what a machine does with packets: its routes, and settings of its kernel. Changes nothing. `$@` are names of
# settings as sysctl(8) has them. Answers are lines of fields apart by tabs.
LC_ALL=C; export LC_ALL
PATH=$PATH:/usr/sbin:/sbin:/usr/local/sbin
if command -v ip >/dev/null 2>&1; then
  echo ip
  { ip -4 route show; ip -6 route show; } 2>/dev/null | while read -r line; do printf 'route\t%s\n' "$line"; done
fi
for name; do
  # sysctl(8): in a name with a slash, the slash parts, and a dot belongs to the name of an interface.
  case $name in */*) path=$name ;; *) path=$(printf %s "$name" | tr . /) ;; esac
  value=$(cat "/proc/sys/$path" 2>/dev/null) && printf 'setting\t%s\t%s\n' "$name" "$(printf %s "$value" | tr '\t\n' '  ')"
done
echo end
