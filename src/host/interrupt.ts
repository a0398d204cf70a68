/**
 * As if ^C was typed. Not by `process.kill`: on Windows that ends a process without asking its handlers (Node,
 * process.kill).
 */
export function interruptSelf(): void {
  process.emit('SIGINT', 'SIGINT');
}
