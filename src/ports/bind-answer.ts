import type { BindAnswer, BindAnswers, PortReport } from './port-report.ts';

/** What bind(2) answered, from the facts that try-bind.pl printed; undefined when nothing could try. */
export function bindAnswers(account: string, facts: ReadonlyMap<string, string>): BindAnswers | undefined {
  if (facts.size === 0) return undefined;
  const answer = (family: string): BindAnswer | undefined => {
    const [plain, reuse] = [facts.get(`${family} plain`), facts.get(`${family} reuse`)];
    return plain === undefined || reuse === undefined ? undefined : { plain, reuse };
  };
  return { account, ipv4: answer('ipv4'), ipv6: answer('ipv6'), dual: answer('dual') };
}

/**
 * What a server on all addresses gets: on IPv4, as those of the practical are, or on both, as those of Java and Node
 * are. A socket that is seen to hold the port counts even where one of them could still have it.
 */
export function stateOf({
  holders,
  bound,
  connections,
  timeWait,
  bind,
}: Pick<PortReport, 'holders' | 'bound' | 'connections' | 'timeWait' | 'bind'>): PortReport['state'] {
  if (holders.length > 0) return 'busy';
  const inUse = bound.length + connections.length > 0;
  if (bind === undefined) return inUse ? 'busy' : timeWait.length > 0 ? 'time-wait' : 'free';
  if (isRefused(bind, 'reuse')) return 'busy';
  if (isRefused(bind, 'plain')) return inUse || timeWait.length === 0 ? 'busy' : 'time-wait';
  return bind.ipv4?.plain === 'EACCES' ? 'forbidden' : 'free';
}

/** Whether a server that sets SO_REUSEADDR (`reuse`), or one that does not (`plain`), gets EADDRINUSE. */
export function isRefused({ ipv4, dual }: BindAnswers, how: keyof BindAnswer): boolean {
  return ipv4?.[how] === 'EADDRINUSE' || dual?.[how] === 'EADDRINUSE';
}
