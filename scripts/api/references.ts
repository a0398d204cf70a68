/** A node of a syntax tree (ESTree, with its TypeScript extension). */
export interface Tree {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

/** A name that stands for something declared elsewhere. */
export interface Reference {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** Fields of nodes by which a declaration names something of its module. */
const NAMING: Readonly<Record<string, readonly string[]>> = {
  TSTypeReference: ['typeName'],
  TSTypeQuery: ['exprName'],
  TSInterfaceHeritage: ['expression'],
  TSClassImplements: ['expression'],
  ClassDeclaration: ['superClass'],
};

/** All of a declaration, those of its parameters of types left out, from left to right. */
export function referencesOf(declaration: Tree): Reference[] {
  const found: Reference[] = [];
  const walk = (node: Tree, bound: ReadonlySet<string>): void => {
    if (node.type === 'TSImportType')
      throw new Error('a type that is imported where it is used: import it by its name');
    const inside = new Set([...bound, ...boundBy(node)]);
    for (const field of NAMING[node.type] ?? []) {
      const name = leftmost(node[field] as Tree | null);
      if (name !== undefined && !inside.has(name.name)) found.push(name);
    }
    for (const child of childrenOf(node)) walk(child, inside);
  };
  walk(declaration, new Set());
  return found.toSorted((a, b) => a.start - b.start);
}

/** Of `a.b.c` the `a`. */
function leftmost(node: Tree | null): Reference | undefined {
  if (node === null) return undefined;
  if (node.type === 'Identifier') return { name: String(node['name']), start: node.start, end: node.end };
  return leftmost((node['left'] ?? node['object'] ?? null) as Tree | null);
}

/** Names of parameters of types that a node brings: of generic things, mapped types and `infer`. */
function boundBy(node: Tree): string[] {
  const { parameters, params } = (node['typeParameters'] ?? {}) as { parameters?: Tree[]; params?: Tree[] };
  const generic = (params ?? parameters ?? []).map(({ name }) => nameOf(name));
  const inferred = node.type === 'TSConditionalType' ? inferredIn(node['extendsType'] as Tree) : [];
  return [...generic, ...(node.type === 'TSMappedType' ? [nameOf(node['key'])] : []), ...inferred];
}

function inferredIn(node: Tree): string[] {
  const own = node.type === 'TSInferType' ? [nameOf((node['typeParameter'] as Tree)['name'])] : [];
  return [...own, ...childrenOf(node).flatMap(inferredIn)];
}

function nameOf(name: unknown): string {
  return typeof name === 'string' ? name : String((name as { name?: unknown } | undefined)?.name);
}

function childrenOf(node: Tree): Tree[] {
  return Object.values(node)
    .flat()
    .filter((child): child is Tree => typeof (child as Tree | null)?.type === 'string');
}
