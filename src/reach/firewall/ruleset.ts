import { parseJson } from '../../core/json/json-text.ts';

/** Rules of nftables as `nft -j list table` prints them (libnftables-json(5)), as far as they are looked at. */
export interface Ruleset {
  readonly chains: readonly Chain[];
  /** Elements of named sets and maps, by `FAMILY TABLE NAME`. */
  readonly sets: ReadonlyMap<string, readonly unknown[]>;
}

export interface Chain {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  /** `input`, `output`, …: of a chain that the kernel enters by itself. */
  readonly hook: string | undefined;
  readonly type: string | undefined;
  readonly priority: number;
  readonly policy: string | undefined;
  /** Interfaces that it is bound to, of the family netdev. */
  readonly devices: readonly string[];
  readonly rules: readonly Rule[];
}

export interface Rule {
  readonly handle: number;
  /** Statements, in order. */
  readonly statements: readonly Readonly<Record<string, unknown>>[];
  /** As `nft list ruleset` shows it. */
  readonly text: string;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads tables from their JSON, one in a line, and, for what a person is shown, from their text with handles (`nft
 * -a`). Undefined when one of them is no such JSON.
 */
export function readRuleset(json: string, text: string): Ruleset | undefined {
  const lists = json
    .split('\n')
    .flatMap((line) => (line.trim() === '' ? [] : [fieldsOf(parseJson(line))?.['nftables']]));
  if (!lists.every((list) => Array.isArray(list))) return undefined;
  const entries: readonly unknown[] = lists.flat();
  const of = (kind: string): Fields[] =>
    entries.flatMap((entry: unknown) => {
      const found = fieldsOf(fieldsOf(entry)?.[kind]);
      return found === undefined ? [] : [found];
    });
  const { texts, devices } = textParts(text);
  const rules = Map.groupBy(of('rule'), (rule) => keyOf(rule, 'chain'));
  return {
    chains: of('chain').map((chain) => ({
      family: String(chain['family']),
      table: String(chain['table']),
      name: String(chain['name']),
      hook: textOf(chain['hook']),
      type: textOf(chain['type']),
      priority: Number(chain['prio'] ?? 0),
      policy: textOf(chain['policy']),
      devices: devices.get(keyOf(chain, 'name')) ?? [],
      rules: (rules.get(keyOf(chain, 'name')) ?? []).map((rule) => {
        const handle = Number(rule['handle']);
        const statements = Array.isArray(rule['expr'])
          ? rule['expr'].map(fieldsOf).filter((one) => one !== undefined)
          : [];
        return { handle, statements, text: texts.get(`${keyOf(rule, 'chain')} ${handle}`) ?? '' };
      }),
    })),
    sets: new Map(
      [...of('set'), ...of('map')].map((set) => [
        keyOf(set, 'name'),
        Array.isArray(set['elem']) ? (set['elem'] as unknown[]) : [],
      ]),
    ),
  };
}

export function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function keyOf(entry: Fields, name: 'chain' | 'name'): string {
  return [entry['family'], entry['table'], entry[name]].map(String).join(' ');
}

interface TextParts {
  /** Texts of rules by `FAMILY TABLE CHAIN HANDLE`. */
  readonly texts: ReadonlyMap<string, string>;
  /** Interfaces of chains by `FAMILY TABLE CHAIN`: nft 1.0.6 leaves them out of its JSON. */
  readonly devices: ReadonlyMap<string, readonly string[]>;
}

function textParts(text: string): TextParts {
  const texts = new Map<string, string>();
  const devices = new Map<string, readonly string[]>();
  let [table, chain] = ['', ''];
  for (const line of text.split('\n')) {
    const [, family, name] = /^table (\S+) (\S+) \{/.exec(line) ?? [];
    if (family !== undefined) table = `${family} ${name}`;
    chain = /^\s+chain (\S+) \{/.exec(line)?.[1] ?? chain;
    const [, bound] = /^\s+type \S+ hook \S+ devices? (?:= )?(.*) priority /.exec(line) ?? [];
    if (bound !== undefined) devices.set(`${table} ${chain}`, bound.match(/[^\s"{},]+/g) ?? []);
    const [, rule, handle] = /^\s+(.*\S)\s+# handle (\d+)$/.exec(line) ?? [];
    if (rule !== undefined && !rule.endsWith('{'))
      texts.set(`${table} ${chain} ${handle}`, rule.replace(/counter packets \d+ bytes \d+/, 'counter'));
  }
  return { texts, devices };
}
