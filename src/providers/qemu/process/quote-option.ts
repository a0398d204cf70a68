/**
 * A value within one of QEMU's options: a comma would end it, unless it is doubled (qemu(1), "Options with commas").
 */
export function quoteOption(value: string): string {
  return value.replaceAll(',', ',,');
}
