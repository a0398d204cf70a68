/** `14:30:15.042`: time of day on this host's clock, from milliseconds since the Unix epoch. */
export function clockTime(wallMs: number): string {
  const time = new Date(wallMs);
  const [hours, minutes, seconds] = [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) =>
    String(part).padStart(2, '0'),
  );
  return `${hours}:${minutes}:${seconds}.${String(time.getMilliseconds()).padStart(3, '0')}`;
}

/** `20261123-143015`: date and time on this host's clock, as names of runs begin. */
export function compactTime(wallMs: number): string {
  const time = new Date(wallMs);
  const parts = [
    time.getFullYear(),
    time.getMonth() + 1,
    time.getDate(),
    time.getHours(),
    time.getMinutes(),
    time.getSeconds(),
  ];
  const [year, month, day, hours, minutes, seconds] = parts.map((part) => String(part).padStart(2, '0'));
  return `${year}${month}${day}-${hours}${minutes}${seconds}`;
}
