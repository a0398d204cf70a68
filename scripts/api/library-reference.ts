import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';
import type { Tree } from './references.ts';

/** The reference of the library, in Markdown, from its declarations and their comments. */
const root = join(import.meta.dirname, '../..');

/** What `lab help lab.yaml` describes. */
const DEFINITION = /Definition$|^Step$/;

interface Entry {
  readonly name: string;
  readonly node: Tree;
  readonly comment: string;
}

/** Every name that a program can import: what it is for, and its parts. */
export function libraryReference(): string {
  const surface = new Surface(readFileSync(join(root, 'test/api/golden/surface.txt'), 'utf8'));
  const [errors, others] = split(surface.exported(), ({ node }) => node.type === 'ClassDeclaration');
  const [definitions, rest] = split(others, ({ name }) => DEFINITION.test(name));
  return [
    ...rest.map((entry) => surface.section(entry)),
    `### Types of a lab in TypeScript\n\n${definitions.map(({ name }) => `\`${name}\``).join(', ')}: their fields are those of the file (\`lab help lab.yaml\`, \`lab help steps\`); patterns may be regular expressions.\n`,
    `### Errors\n\n${errors.map((entry) => surface.error(entry)).join('\n')}\n`,
  ].join('\n');
}

/** An example, as it stands in the topic. */
export function libraryExample(name: string): string {
  return `\`\`\`ts\n${readFileSync(join(root, 'test/examples', name), 'utf8')}\`\`\`\n`;
}

class Surface {
  readonly #text: string;
  readonly #body: readonly Tree[];
  readonly #comments: readonly { readonly start: number; readonly end: number }[];

  constructor(text: string) {
    const { program, comments } = parseSync('surface.d.ts', text, { lang: 'dts' });
    this.#text = text;
    this.#body = program.body as unknown as Tree[];
    this.#comments = comments;
  }

  exported(): Entry[] {
    return this.#body.flatMap((statement) => {
      const node = statement['declaration'] as Tree | null | undefined;
      if (statement.type !== 'ExportNamedDeclaration' || !node) return [];
      return [{ name: nameOf(node), node, comment: this.#commentBefore(statement) }];
    });
  }

  section({ name, node, comment }: Entry): string {
    const parts = this.#parts(node);
    const title =
      node.type === 'TSDeclareFunction' ? this.#signature(node).replace(/^(?:declare )?function /, '') : name;
    return [
      `### \`${title}\`\n`,
      ...(comment === '' ? [] : [`${comment}\n`]),
      ...(parts === '' ? [] : [`${parts}\n`]),
    ].join('\n');
  }

  error({ name, node, comment }: Entry): string {
    const own =
      name === 'LabError'
        ? ` Its \`code\`, \`hint\`, \`detail\`, \`data\` and \`exitCode\` are those of the command line.`
        : '';
    const base = (node['superClass'] as { name?: string } | null)?.name ?? 'Error';
    return `- \`${name}\` (a kind of \`${base}\`): ${comment}${own}`;
  }

  /** The members of an interface, the kinds of events, or the text of a type. */
  #parts(node: Tree): string {
    if (node.type === 'TSInterfaceDeclaration')
      return ((node['body'] as Tree)['body'] as Tree[]).map((member) => this.#item(member)).join('\n');
    if (nameOf(node) === 'LabEvent') return `Their \`kind\`: ${this.#kinds().join(', ')}.`;
    if (node.type !== 'TSTypeAliasDeclaration') return '';
    return `\`${flat(this.#of(node['typeAnnotation'] as Tree))}\``;
  }

  #item(member: Tree): string {
    const comment = this.#commentBefore(member);
    return `- \`${this.#signature(member)}\`${comment === '' ? '' : `: ${comment}`}`;
  }

  #signature(node: Tree): string {
    return flat(this.#of(node))
      .replace(/^readonly /, '')
      .replace(/ \| undefined(?=;?$)/, (end) => (node['optional'] ? '' : end))
      .replace(/;$/, '');
  }

  #kinds(): string[] {
    const events = this.#body.find((statement) => nameOf(statement) === 'EventBody')!;
    const found = [...this.#of(events).matchAll(/^\s*readonly kind: '([\w-]+)'/gm)].map(([, kind]) => `\`${kind}\``);
    return [...new Set([...found, '`events-dropped`'])];
  }

  #of({ start, end }: Tree): string {
    return this.#text.slice(start, end);
  }

  /** As one paragraph. */
  #commentBefore({ start }: Tree): string {
    const found = this.#comments.findLast(({ end }) => end <= start && this.#text.slice(end, start).trim() === '');
    if (found === undefined) return '';
    const lines = this.#text.slice(found.start + 3, found.end - 2).split('\n');
    return lines
      .map((line) => line.replace(/^\s*\*?/, '').trim())
      .join(' ')
      .trim();
  }
}

/** On one line, without the comments within. */
function flat(code: string): string {
  return code
    .replaceAll(/\/\*\*[^]*?\*\//g, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

function nameOf(node: Tree): string {
  return String((node['id'] as { name?: string } | undefined)?.name);
}

function split<T>(all: readonly T[], isFirst: (one: T) => boolean): [T[], T[]] {
  return [all.filter(isFirst), all.filter((one) => !isFirst(one))];
}
