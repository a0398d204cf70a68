import { matches, matchesKey, type Answer, type Packet, type SetElements } from './packet-match.ts';
import { fieldsOf, type Chain, type Rule, type Ruleset } from './ruleset.ts';

/** What stops a packet: a rule, or what a chain does at its end. */
export interface Stop {
  readonly chain: Chain;
  /** Undefined for the policy of the chain. */
  readonly rule: Rule | undefined;
  /** `reject` answers the sender; `drop` does not. */
  readonly how: 'drop' | 'reject';
  /** Whether it certainly stops the packet, or only when something else holds, too. */
  readonly isCertain: boolean;
}

/** Hooks that a packet of a machine passes, in order, with `hook` of nft(8). */
const hooksOf = {
  in: ['ingress', 'prerouting', 'input'],
  out: ['output', 'postrouting', 'egress'],
  through: ['ingress', 'prerouting', 'forward', 'postrouting', 'egress'],
} as const;

/** `through`: the machine is a router on the way. */
export type Direction = keyof typeof hooksOf;

/** Hooks that a packet passes before it is known where it goes. */
const beforeRouting: ReadonlySet<string> = new Set(['ingress', 'prerouting', 'input']);

/** Going out, a packet of the machine's own has come in nowhere; coming in, it has no way out yet. */
function seenBy(hook: string, packet: Packet): Packet {
  if (hook === 'forward') return packet;
  return { ...packet, ...(beforeRouting.has(hook) ? { outgoing: undefined } : { incoming: undefined }) };
}

/**
 * What stops a packet on its way into a machine, out of it or through it; undefined when nothing does. What certainly stops it comes
 * before what may.
 */
export function findStop(ruleset: Ruleset, packet: Packet, direction: Direction): Stop | undefined {
  const family = packet.destination.includes(':') ? 'ip6' : 'ip';
  const stops = hooksOf[direction].flatMap((hook) => {
    const device = beforeRouting.has(hook) ? packet.incoming : packet.outgoing;
    const chains = ruleset.chains
      .filter((chain) => chain.hook === hook && chain.type !== 'nat')
      .filter((chain) =>
        chain.family === 'netdev'
          ? device !== undefined && chain.devices.includes(device)
          : ['inet', family].includes(chain.family),
      )
      .toSorted((a, b) => a.priority - b.priority);
    return chains.flatMap((chain) => passBase(new Walk(ruleset, seenBy(hook, packet)), chain) ?? []);
  });
  return stops.find(({ isCertain }) => isCertain) ?? stops[0];
}

function passBase(walk: Walk, chain: Chain): Stop | undefined {
  const end = walk.pass(chain, 0);
  if (typeof end === 'object') return end;
  if (end === 'on' && chain.policy === 'drop')
    return { chain, rule: undefined, how: 'drop', isCertain: !walk.mayBeAccepted };
  return walk.possible;
}

/** How a chain was left: on to what follows, accepted, or stopped. */
type End = 'on' | 'accepted' | Stop;

/** Chains may call each other in a circle only in a broken listing; the kernel allows 16 levels (NFT_JUMP_STACK_SIZE). */
const DEEPEST_JUMP = 16;

/** One packet on its way through a base chain. */
class Walk {
  readonly #ruleset: Ruleset;
  readonly #packet: Packet;
  /** A rule that may not fit would have accepted the packet before. */
  mayBeAccepted = false;
  /** A rule that may fit would stop it. */
  possible: Stop | undefined;

  constructor(ruleset: Ruleset, packet: Packet) {
    this.#ruleset = ruleset;
    this.#packet = packet;
  }

  pass(chain: Chain, depth: number): End {
    for (const rule of chain.rules) {
      const end = this.#apply(chain, rule, depth);
      if (end === 'return') return 'on';
      if (end !== 'on') return end;
    }
    return 'on';
  }

  #apply(chain: Chain, rule: Rule, depth: number): End | 'return' {
    let fit: Answer = 'yes';
    for (const statement of rule.statements) {
      const [kind = '', body] = Object.entries(statement)[0] ?? [];
      if (kind === 'match') fit = both(fit, matches(body, this.#packet, this.#setsOf(chain)));
      else if (kind === 'vmap') return this.#mapped({ chain, rule, fit, depth }, body);
      else if (kind in verdicts || kind === 'jump' || kind === 'goto')
        return this.#decide({ chain, rule, fit, depth }, kind, body);
      else if (!harmless.has(kind)) fit = both(fit, 'maybe');
      if (fit === 'no') return 'on';
    }
    return 'on';
  }

  #decide({ chain, rule, fit, depth }: Place, kind: string, body: unknown): End | 'return' {
    if (kind === 'jump' || kind === 'goto') {
      const name = String(fieldsOf(body)?.['target']);
      const next = this.#ruleset.chains.find(
        (one) => one.family === chain.family && one.table === chain.table && one.name === name,
      );
      if (next === undefined || depth >= DEEPEST_JUMP) return 'on';
      const end = this.pass(next, depth + 1);
      if (fit === 'yes') return end === 'on' && kind === 'goto' ? 'return' : end;
      return this.#perhaps(end);
    }
    const how = verdicts[kind]!;
    const end: End | 'return' =
      how === 'drop' || how === 'reject' ? { chain, rule, how, isCertain: !this.mayBeAccepted } : how;
    return fit === 'yes' ? end : this.#perhaps(end);
  }

  /** A verdict map: each of its elements is a rule with a verdict. */
  #mapped(place: Place, body: unknown): End | 'return' {
    const { key, data } = fieldsOf(body) ?? {};
    const sets = this.#setsOf(place.chain);
    const named = typeof data === 'string' ? sets(data.replace('@', '')) : fieldsOf(data)?.['set'];
    for (const pair of Array.isArray(named) ? (named as unknown[]) : []) {
      const [element, verdict] = Array.isArray(pair) ? (pair as unknown[]) : [];
      const fit = both(place.fit, matchesKey(key, element, this.#packet, sets));
      const [kind = '', target] = Object.entries(fieldsOf(verdict) ?? {})[0] ?? [];
      if (fit === 'no' || !(kind in verdicts || kind === 'jump' || kind === 'goto')) continue;
      const end = this.#decide({ ...place, fit }, kind, target);
      if (end !== 'on') return end;
    }
    return 'on';
  }

  #perhaps(end: End | 'return'): 'on' {
    if (end === 'accepted' || end === 'return') this.mayBeAccepted = true;
    else if (typeof end === 'object') this.possible ??= { ...end, isCertain: false };
    return 'on';
  }

  #setsOf({ family, table }: Chain): SetElements {
    return (name) => this.#ruleset.sets.get(`${family} ${table} ${name}`);
  }
}

interface Place {
  readonly chain: Chain;
  readonly rule: Rule;
  readonly fit: Answer;
  readonly depth: number;
}

const verdicts: Readonly<Record<string, 'accepted' | 'drop' | 'reject' | 'return' | 'on'>> = {
  accept: 'accepted',
  drop: 'drop',
  reject: 'reject',
  return: 'return',
  continue: 'on',
};

/** Statements that decide nothing. Any other one makes it uncertain whether the rule applies. */
const harmless: ReadonlySet<string> = new Set(['counter', 'log', 'set', 'mangle', 'notrack', 'comment', 'ct helper']);

function both(a: Answer, b: Answer): Answer {
  if (a === 'no' || b === 'no') return 'no';
  return a === 'yes' && b === 'yes' ? 'yes' : 'maybe';
}
