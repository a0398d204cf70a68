import { parseSync } from 'oxc-parser';
import { referencesOf, type Reference, type Tree } from './references.ts';

/** A file of declarations. */
export interface ModuleText {
  readonly path: string;
  readonly text: string;
}

/** Finds the module that another names; undefined for a package. */
export type FindModule = (from: string, specifier: string) => ModuleText | undefined;

/** One declaration at the top of a module, its doc comment and `export` left out of `start` and `end`. */
interface Declaration {
  readonly module: Module;
  readonly name: string;
  readonly node: Tree;
  readonly comment: string;
}

interface Module extends ModuleText {
  readonly declarations: ReadonlyMap<string, readonly Declaration[]>;
  /** What it takes from elsewhere, or passes on under that name. */
  readonly imports: ReadonlyMap<string, { readonly from: string; readonly name: string }>;
  /** Names that it gives to others, in order, with what they are here. */
  readonly exports: ReadonlyMap<string, string>;
}

/**
 * All that the entry exports, and what that refers to, as the text of one file. A declaration that the entry does not
 * export is in it without `export`.
 *
 * @throws {Error} when two things of one name are needed, or a name is not found.
 */
export function bundleOf(entry: ModuleText, find: FindModule): string {
  const bundle = new Bundle(find);
  return bundle.text(entry);
}

class Bundle {
  readonly #find: FindModule;
  readonly #modules = new Map<string, Module>();
  /** Of each declaration, its name in the bundle. */
  readonly #names = new Map<Declaration, string>();
  readonly #taken = new Map<string, Declaration>();

  constructor(find: FindModule) {
    this.#find = find;
  }

  text(entry: ModuleText): string {
    const module = this.#module(entry);
    const exported = [...module.exports].map(([name, local]) => ({ name, found: this.#resolve(module, local) }));
    const queue: Declaration[] = [];
    for (const { name, found } of exported) queue.push(...this.#take(found, name));
    const isExported = new Set(queue);
    const parts: string[] = [];
    for (const declaration of queue) parts.push(this.#print(declaration, isExported.has(declaration), queue));
    return `${parts.join('\n')}\nexport {};\n`;
  }

  /** Gives them a name in the bundle; those that are new. */
  #take(found: readonly Declaration[], name: string): Declaration[] {
    const fresh = found.filter((declaration) => !this.#names.has(declaration));
    for (const declaration of fresh) {
      const other = this.#taken.get(name);
      if (other !== undefined && !found.includes(other))
        throw new Error(`"${name}" is of ${other.module.path} and of ${declaration.module.path}: rename one of them`);
      this.#taken.set(name, declaration);
      this.#names.set(declaration, name);
    }
    return fresh;
  }

  #print(declaration: Declaration, isExported: boolean, queue: Declaration[]): string {
    const { module, node, comment } = declaration;
    let text = '';
    let at = node.start;
    for (const { name, start, end } of renamed(declaration)) {
      const found = name === declaration.name ? [declaration] : this.#lookUp(module, name);
      if (found === undefined) continue;
      queue.push(...this.#take(found, found[0]!.name));
      text += module.text.slice(at, start) + this.#names.get(found[0]!)!;
      at = end;
    }
    text += module.text.slice(at, node.end);
    const kind = text.replace(/^declare /, '');
    const declares = /^(?:abstract |class|const|function)/.test(kind) ? 'declare ' : '';
    return `${comment}${isExported ? 'export ' : ''}${declares}${kind}\n`;
  }

  /** Undefined for a name of the language, or of a package of types that everybody has. */
  #lookUp(module: Module, name: string): readonly Declaration[] | undefined {
    return module.declarations.has(name) || module.imports.has(name) ? this.#resolve(module, name) : undefined;
  }

  #resolve(module: Module, name: string): readonly Declaration[] {
    const own = module.declarations.get(name);
    if (own !== undefined) return own;
    const source = module.imports.get(name);
    const target = source && this.#find(module.path, source.from);
    if (source === undefined || target === undefined) throw new Error(`${module.path}: nothing is known of "${name}"`);
    const next = this.#module(target);
    const local = next.exports.get(source.name);
    if (local === undefined) throw new Error(`${next.path} exports no "${source.name}"`);
    return this.#resolve(next, local);
  }

  #module(source: ModuleText): Module {
    const known = this.#modules.get(source.path);
    if (known !== undefined) return known;
    const module = readModule(source);
    this.#modules.set(source.path, module);
    return module;
  }
}

/** Where the text of a declaration names something, in order; its own name too. */
function renamed({ node, name }: Declaration): Reference[] {
  const own = node['id'] as Tree | undefined;
  const first = own === undefined ? [] : [{ name, start: own.start, end: own.end }];
  return [...first, ...referencesOf(node)].toSorted((a, b) => a.start - b.start);
}

function readModule(source: ModuleText): Module {
  const { program, comments, errors } = parseSync(source.path, source.text, { lang: 'dts' });
  if (errors.length > 0) throw new Error(`${source.path}: ${errors[0]!.message}`);
  const declarations = new Map<string, Declaration[]>();
  const imports = new Map<string, { from: string; name: string }>();
  const exports = new Map<string, string>();
  const module: Module = { ...source, declarations, imports, exports };
  const docs = comments.filter(({ type, value }) => type === 'Block' && value.startsWith('*'));
  const commentBefore = (start: number): string => {
    const doc = docs.findLast(({ end }) => end <= start && source.text.slice(end, start).trim() === '');
    return doc === undefined ? '' : `${source.text.slice(doc.start, doc.end)}\n`;
  };
  for (const statement of program.body as unknown as Tree[]) {
    const inner = (statement['declaration'] ?? undefined) as Tree | undefined;
    const node = inner ?? statement;
    for (const name of declaredNames(node)) {
      const declaration = { module, name, node, comment: commentBefore(statement.start) };
      declarations.set(name, [...(declarations.get(name) ?? []), declaration]);
      if (inner !== undefined) exports.set(name, name);
    }
    noteImports(statement, imports);
    noteExports(statement, { imports, exports });
  }
  return module;
}

function declaredNames(node: Tree): string[] {
  if (node.type === 'VariableDeclaration')
    return (node['declarations'] as Tree[]).map(({ id }) => (id as { name: string }).name);
  const { id } = node as { id?: { name?: string } | null };
  return typeof id?.name === 'string' ? [id.name] : [];
}

interface Names {
  readonly imports: Map<string, { from: string; name: string }>;
  readonly exports: Map<string, string>;
}

function noteImports(statement: Tree, imports: Names['imports']): void {
  if (statement.type !== 'ImportDeclaration') return;
  const from = (statement['source'] as { value: string }).value;
  for (const specifier of statement['specifiers'] as Tree[]) {
    const imported = specifier['imported'] as { name: string } | undefined;
    if (imported !== undefined)
      imports.set((specifier['local'] as { name: string }).name, { from, name: imported.name });
  }
}

function noteExports(statement: Tree, { imports, exports }: Names): void {
  if (statement.type !== 'ExportNamedDeclaration') return;
  const from = (statement['source'] as { value: string } | null)?.value;
  for (const specifier of statement['specifiers'] as Tree[]) {
    const [local, exported] = ['local', 'exported'].map((part) => (specifier[part] as { name: string }).name);
    // What is passed on has no name in this module; no identifier has a colon.
    const here = from === undefined ? local! : `${from}:${local}`;
    if (from !== undefined) imports.set(here, { from, name: local! });
    exports.set(exported!, here);
  }
}
