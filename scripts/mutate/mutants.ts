/**
 * Finds the mutants of a source file, and writes the file with all of them in it: each place asks which mutant is on, so
 * that one bundle serves all of them. What is not asked for (types, texts of errors, invariants) is left alone.
 */

import { type Node, type SourceFile, SyntaxKind } from 'typescript/unstable/ast';

/** One small fault that a file could have. */
export interface Mutant {
  readonly id: number;
  readonly file: string;
  readonly line: number;
  /** The source line, trimmed. */
  readonly source: string;
  readonly original: string;
  readonly replacement: string;
}

/** Operators, each with what is put in its place. */
const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '===': ['!=='],
  '!==': ['==='],
  '&&': ['||'],
  '||': ['&&'],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '&': ['|'],
  '|': ['&'],
  '^': ['&'],
  '<<': ['>>'],
  '>>': ['<<'],
  '>>>': ['<<'],
  '+=': ['-='],
  '-=': ['+='],
  '*=': ['/='],
  '&&=': ['||='],
  '||=': ['&&='],
  '<<=': ['>>='],
  '>>=': ['<<='],
};

/** Where a condition stands in a statement or an expression. */
type Conditional = Node & { readonly expression?: Node; readonly condition?: Node };
type Binary = Node & { readonly left: Node; readonly right: Node; readonly operatorToken: Node };
type Unary = Node & { readonly operand: Node; readonly operator: SyntaxKind };

/** Finds the mutants of a file; `firstId` is the number of the first one. */
export class MutantFinder {
  readonly mutants: Mutant[] = [];
  readonly #file: string;
  readonly #source: SourceFile;
  readonly #text: string;
  readonly #firstId: number;

  constructor(file: string, source: SourceFile, firstId: number) {
    this.#file = file;
    this.#source = source;
    this.#text = source.text;
    this.#firstId = firstId;
  }

  /** The file with all mutants in it; `isOn(id)` is the code that says whether a mutant is on. */
  instrument(isOn: (id: number) => string): string {
    return this.#rewrite(this.#source, undefined, isOn);
  }

  #rewrite(node: Node, parent: Node | undefined, isOn: (id: number) => string): string {
    const start = this.#start(node);
    let written = '';
    let at = start;
    for (const child of childrenOf(node)) {
      const childStart = this.#start(child);
      if (childStart < at) continue;
      written +=
        this.#text.slice(at, childStart) +
        (this.#isLeftAlone(child) ? this.#of(child) : this.#rewrite(child, node, isOn));
      at = child.end;
    }
    written += this.#text.slice(at, node.end);
    return this.#mutated(node, parent, written, isOn);
  }

  /** A node with its own mutants; `original` has those of its children. */
  #mutated(node: Node, parent: Node | undefined, original: string, isOn: (id: number) => string): string {
    if (this.#canBeLeftOut(node)) return `{ if (!(${isOn(this.#note(node, ''))})) { ${original} } }`;
    const replacements = this.#replacementsOf(node, parent);
    if (replacements.length === 0) return original;
    const choices = replacements.map((text) => `${isOn(this.#note(node, text))} ? ${text} : `);
    return `(${choices.join('')}${original})`;
  }

  #replacementsOf(node: Node, parent: Node | undefined): readonly string[] {
    switch (node.kind) {
      case SyntaxKind.BinaryExpression: {
        const { left, operatorToken, right } = node as Binary;
        const operator = this.#of(operatorToken);
        if (operator === '+' && [left, right].some(isText)) return [];
        return (OPERATORS[operator] ?? []).map((other) => `(${this.#of(left)} ${other} ${this.#of(right)})`);
      }
      case SyntaxKind.PrefixUnaryExpression: {
        const { operator, operand } = node as Unary;
        if (operator === SyntaxKind.ExclamationToken) return [`(${this.#of(operand)})`];
        if (operator === SyntaxKind.PlusPlusToken) return [`(--${this.#of(operand)})`];
        if (operator === SyntaxKind.MinusMinusToken) return [`(++${this.#of(operand)})`];
        return operator === SyntaxKind.MinusToken ? [`(+${this.#of(operand)})`] : [];
      }
      case SyntaxKind.PostfixUnaryExpression: {
        const { operator, operand } = node as Unary;
        return [`(${this.#of(operand)}${operator === SyntaxKind.PlusPlusToken ? '--' : '++'})`];
      }
      case SyntaxKind.NumericLiteral:
        return this.#of(node) === '0' ? ['1'] : ['0', `(${this.#of(node)} + 1)`];
      case SyntaxKind.TrueKeyword:
        return ['false'];
      case SyntaxKind.FalseKeyword:
        return ['true'];
      default:
        return decides(node, parent) ? [`!(${this.#of(node)})`] : [];
    }
  }

  #note(node: Node, replacement: string): number {
    const start = this.#start(node);
    const lineStart = this.#text.lastIndexOf('\n', start) + 1;
    const lineEnd = this.#text.indexOf('\n', start);
    const id = this.#firstId + this.mutants.length;
    this.mutants.push({
      id,
      file: this.#file,
      line: this.#text.slice(0, start).split('\n').length,
      source: this.#text.slice(lineStart, lineEnd < 0 ? undefined : lineEnd).trim(),
      original: oneLine(this.#of(node)),
      replacement: oneLine(replacement),
    });
    return id;
  }

  /** Types have no mutants, and neither have invariants and what is said in errors. */
  #isLeftAlone(node: Node): boolean {
    const { kind } = node;
    if (kind >= SyntaxKind.FirstTypeNode && kind <= SyntaxKind.LastTypeNode) return true;
    switch (kind) {
      case SyntaxKind.ImportDeclaration:
      case SyntaxKind.ExportDeclaration:
      case SyntaxKind.InterfaceDeclaration:
      case SyntaxKind.TypeAliasDeclaration:
      case SyntaxKind.TypeParameter:
      case SyntaxKind.ThrowStatement:
      case SyntaxKind.TemplateExpression:
        return true;
      case SyntaxKind.NewExpression:
        return /^new \w*Error\b/.test(this.#of(node));
      case SyntaxKind.ExpressionStatement:
        return /^(?:invariant|super)\(/.test(this.#of(node));
      default:
        return false;
    }
  }

  /** Whether a node is a statement that does something, and can be left out. */
  #canBeLeftOut({ kind }: Node): boolean {
    return kind === SyntaxKind.ExpressionStatement || kind === SyntaxKind.ContinueStatement;
  }

  /** A node as it stands in the file. */
  #of(node: Node): string {
    return this.#text.slice(this.#start(node), node.end);
  }

  /** Where a node begins, behind the space and the comments before it. */
  #start(node: Node): number {
    const before = /^(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/.exec(this.#text.slice(node.pos, node.end));
    return node.pos + (before?.[0].length ?? 0);
  }
}

function childrenOf(node: Node): Node[] {
  const children: Node[] = [];
  node.forEachChild((child) => {
    children.push(child);
  });
  return children.sort((left, right) => left.pos - right.pos);
}

function isText(node: Node): boolean {
  return [SyntaxKind.StringLiteral, SyntaxKind.NoSubstitutionTemplateLiteral, SyntaxKind.TemplateExpression].includes(
    node.kind,
  );
}

/** Whether a node is a condition, and has no operator of its own that could be changed instead. */
function decides(node: Node, parent: Node | undefined): boolean {
  const { expression, condition } = (parent ?? {}) as Conditional;
  const isDeciding =
    (parent?.kind === SyntaxKind.IfStatement && expression === node) ||
    (parent?.kind === SyntaxKind.ConditionalExpression && condition === node);
  return isDeciding && node.kind !== SyntaxKind.BinaryExpression && node.kind !== SyntaxKind.PrefixUnaryExpression;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}
