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

/** The time that a name of a run begins with, in milliseconds since the Unix epoch; undefined for another name. */
export function parseCompactTime(name: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)/.exec(name)?.slice(1).map(Number);
  if (parts === undefined) return undefined;
  const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0] = parts;
  return new Date(year, month - 1, day, hours, minutes, seconds).getTime();
}

/** `2026-11-23 14:30`: date and time on this host's clock. */
export function dateAndTime(wallMs: number): string {
  const [date = '', time = ''] = compactTime(wallMs).split('-');
  return `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)} ${time.slice(0, 2)}:${time.slice(2, 4)}`;
}
