import type { CommandContext } from '../session/context.ts';

/**
 * Tells the user of a seat who that is (`roleStory`), and how to leave.
 *
 * @param leaving What the leave key does, as a sentence.
 */
export async function welcome({ events, terminal }: CommandContext, story: string, leaving: string): Promise<void> {
  const leave = terminal.stdin.isTTY === true ? ` ${leaving}` : '';
  await events.emit({ kind: 'notice', level: 'info', message: `${story}${leave}` });
}
