import { encodeAttributes, encodeMessage, type Attribute } from './netlink.ts';

/** Messages and expressions of nftables (include/uapi/linux/netfilter/nf_tables.h). Numbers have network byte order. */

const NFTABLES = 10 << 8;
/** Of nfnetlink itself: what stands between these two is done as a whole, or not at all. */
const batch = { begin: 16, end: 17 } as const;
const message = { newTable: 0, deleteTable: 2, newChain: 3, newRule: 6, newSet: 9, newElement: 12, getElements: 13 };

/** Flags of a request (include/uapi/linux/netlink.h). */
const flag = { request: 1, acknowledge: 4, dump: 0x300, create: 0x400, append: 0x800 } as const;

const INET = 1;
/** The header of nfnetlink: family, version 0, and the subsystem where a batch begins. */
const familyHeader = (family: number, subsystem = 0): Buffer => Buffer.from([family, 0, 0, subsystem]);

/** A name, which ends with a zero. */
export const name = (text: string): Buffer => Buffer.from(`${text}\0`);

export function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Something to be made; `asks` gets an answer even when nothing is wrong. */
export type Change = (asks: boolean) => Buffer;

function change(type: number, flags: number, attributes: readonly Attribute[]): Change {
  return (asks) =>
    encodeMessage({
      type: NFTABLES | type,
      flags: flag.request | flags | (asks ? flag.acknowledge : 0),
      body: Buffer.concat([familyHeader(INET), encodeAttributes(attributes)]),
    });
}

function edge(type: number): Buffer {
  return encodeMessage({ type, flags: flag.request, body: familyHeader(0, NFTABLES >> 8) });
}

/** All changes, or none of them; the last one is acknowledged. */
export function together(changes: readonly Change[]): Buffer {
  return Buffer.concat([
    edge(batch.begin),
    ...changes.map((one, index) => one(index === changes.length - 1)),
    edge(batch.end),
  ]);
}

/** Only who made it can change it, and it goes away with the socket through which it was made (Linux 5.12). */
const OWNED = 2;

export const newTable = (table: string): Change =>
  change(message.newTable, flag.create, [
    [1, name(table)],
    [2, number(OWNED)],
  ]);

export const deleteTable = (table: string): Change => change(message.deleteTable, 0, [[1, name(table)]]);

/** Where a packet is looked at: as it comes to the machine, or as it leaves it. */
export const hook = { input: 1, output: 3 } as const;
const ACCEPT = 1;

export interface BaseChain {
  readonly table: string;
  readonly chain: string;
  readonly hook: number;
  /** Lower ones come first; signed. */
  readonly priority: number;
}

export const newChain = ({ table, chain, hook: place, priority }: BaseChain): Change =>
  change(message.newChain, flag.create, [
    [1, name(table)],
    [3, name(chain)],
    [
      4,
      [
        [1, number(place)],
        [2, number(priority >>> 0)],
      ],
    ],
    [5, number(ACCEPT)],
    [7, name('filter')],
  ]);

/** Rules add its elements (NFT_SET_EVAL). */
const DYNAMIC = 0x20;

export interface DynamicSet {
  readonly table: string;
  readonly set: string;
  /** Of its own in its batch. */
  readonly id: number;
  /** As nft(8) names the parts of a key, six bits each, for those who list it. */
  readonly keyType: number;
  readonly keyBytes: number;
  readonly most: number;
}

export const newSet = ({ table, set, id, keyType, keyBytes, most }: DynamicSet): Change =>
  change(message.newSet, flag.create, [
    [1, name(table)],
    [2, name(set)],
    [3, number(DYNAMIC)],
    [4, number(keyType)],
    [5, number(keyBytes)],
    [9, [[1, number(most)]]],
    [10, number(id)],
  ]);

export type Expression = readonly [name: string, attributes: readonly Attribute[]];

export const newRule = (table: string, chain: string, expressions: readonly Expression[]): Change =>
  change(message.newRule, flag.create | flag.append, [
    [1, name(table)],
    [2, name(chain)],
    [4, expressions.map((expression): Attribute => [1, encodeExpression(expression)])],
  ]);

function encodeExpression([kind, attributes]: Expression): readonly Attribute[] {
  return [
    [1, name(kind)],
    [2, attributes],
  ];
}

/** Elements of a set. */
export function getElements(table: string, set: string): Buffer {
  return encodeMessage({
    type: NFTABLES | message.getElements,
    flags: flag.request | flag.dump,
    body: Buffer.concat([
      familyHeader(INET),
      encodeAttributes([
        [1, name(table)],
        [2, name(set)],
      ]),
    ]),
  });
}

export const ELEMENTS_MESSAGE = NFTABLES | message.newElement;

/** Registers of four bytes; a value that is longer goes on in the next ones. */
export const register = (index: number): number => 8 + index;

/** What is known of a packet besides its bytes. */
export const meta = { nfProtocol: 15, l4Protocol: 16, socketUser: 10 } as const;

export const loadMeta = (key: number, target: number): Expression => [
  'meta',
  [
    [1, number(target)],
    [2, number(key)],
  ],
];

const bases = { network: 1, transport: 2 } as const;

export interface PacketBytes {
  readonly base: keyof typeof bases;
  readonly offset: number;
  readonly length: number;
}

export const loadBytes = ({ base, offset, length }: PacketBytes, target: number): Expression => [
  'payload',
  [
    [1, number(target)],
    [2, number(bases[base])],
    [3, number(offset)],
    [4, number(length)],
  ],
];

export const loadValue = (value: Uint8Array, target: number): Expression => [
  'immediate',
  [
    [1, number(target)],
    [2, [[1, value]]],
  ],
];

/** The rule ends here unless the register holds this value; or unless it does not. */
export const isEqual = (source: number, value: Uint8Array): Expression => compare(source, 0, value);
export const isNotEqual = (source: number, value: Uint8Array): Expression => compare(source, 1, value);

function compare(source: number, operator: number, value: Uint8Array): Expression {
  return [
    'cmp',
    [
      [1, number(source)],
      [2, number(operator)],
      [3, [[1, value]]],
    ],
  ];
}

/** Keeps these bits of the register. */
export const keepBits = (target: number, mask: Uint8Array): Expression => [
  'bitwise',
  [
    [1, number(target)],
    [2, number(target)],
    [3, number(mask.length)],
    [4, [[1, mask]]],
    [5, [[1, Buffer.alloc(mask.length)]]],
  ],
];

/** Counts the packet in the element of the set whose key begins at this register; does nothing when the set is full. */
export const countIn = ({ set, id }: Pick<DynamicSet, 'set' | 'id'>, key: number): Expression => [
  'dynset',
  [
    [1, name(set)],
    [2, number(id)],
    [3, number(0)],
    [4, number(key)],
    [7, encodeExpression(['counter', []])],
  ],
];
