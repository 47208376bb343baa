// Stage: house rules. A source file as the rules read it: code without prose, prose without code.
// Invariant: both views keep every line and column of the file, so that a finding can be pointed at.

export interface File {
  /** From the root of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export interface Source extends File {
  /** The text with comments and the contents of strings, templates and patterns blanked. */
  readonly code: string;
  /** The text with everything but comments blanked. */
  readonly comments: string;
  readonly imports: readonly Import[];
}

export interface Import {
  readonly specifier: string;
  /** A path from the root for a relative specifier, undefined for a package. */
  readonly target: string | undefined;
  /** `import type`: gone when the program runs. */
  readonly typeOnly: boolean;
  /** `export … from`. */
  readonly passedOn: boolean;
  readonly index: number;
}

export function readSource(file: File): Source {
  const { code, comments } = separate(file.text);
  return { ...file, code, comments, imports: findImports(file, code) };
}

/** The line of a position, from 1. */
export const lineAt = (text: string, index: number): number =>
  text.slice(0, index).split('\n').length;

const FORMS: readonly { readonly pattern: RegExp; readonly relativeOnly?: true }[] = [
  { pattern: /\b(?:import|export)\b(?<clause>[^;'"`]*?)\bfrom\s*(?=['"])/g },
  { pattern: /\bimport\s*(?=['"])/g },
  { pattern: /\bimport\s*\(\s*(?=['"`])/g },
  // A worker or a file beside the code: new URL('./worker.ts', import.meta.url)
  { pattern: /\bnew URL\(\s*(?=['"])/g, relativeOnly: true },
];

function findImports({ path, text }: File, code: string): Import[] {
  return FORMS.flatMap(({ pattern, relativeOnly }) =>
    [...code.matchAll(pattern)].flatMap((match) => {
      const quote = match.index + match[0].length;
      const specifier = text.slice(quote + 1, text.indexOf(text.charAt(quote), quote + 1));
      const relative = specifier.startsWith('.');
      if (relativeOnly && !relative) return [];
      return {
        specifier,
        target: relative ? resolve(path, specifier) : undefined,
        typeOnly: /^\s+type\b/.test(match.groups?.['clause'] ?? ''),
        passedOn: match[0].startsWith('export'),
        index: match.index,
      };
    }),
  );
}

function resolve(from: string, specifier: string): string {
  const parts = from.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** Pieces of code, tried in this order. Patterns are sticky: they match where they are asked only. */
const PIECES: readonly {
  readonly kind: 'code' | 'comment' | 'quoted';
  readonly pattern: RegExp;
}[] = [
  { kind: 'code', pattern: /[^'"`/{}]+/y },
  { kind: 'comment', pattern: /\/\/[^\n]*/y },
  { kind: 'comment', pattern: /\/\*[\s\S]*?\*\//y },
  { kind: 'quoted', pattern: /'(?:[^'\\\n]|\\[\s\S])*'/y },
  { kind: 'quoted', pattern: /"(?:[^"\\\n]|\\[\s\S])*"/y },
];
const PATTERN_LITERAL = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\//y;
/** What may stand before a pattern literal; after anything else a slash divides. */
const BEFORE_PATTERN =
  /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|yield|await))\s*$/;
/** A stretch of a template: up to its end, or up to the next `${`. */
const TEMPLATE_TEXT = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y;

/** Splits a text into its code and its comments, each as long as the text. */
function separate(text: string): { code: string; comments: string } {
  let code = '';
  let comments = '';
  /** For each template around this position, the braces open inside its `${`. */
  const templates: number[] = [];

  const take = (piece: string, kind: 'code' | 'comment' | 'quoted' | 'template'): void => {
    const hidden = piece.replaceAll(/[^\n]/g, ' ');
    comments += kind === 'comment' ? piece : hidden;
    if (kind === 'code') code += piece;
    else if (kind === 'quoted') code += piece.charAt(0) + hidden.slice(1, -1) + piece.charAt(0);
    else code += hidden;
  };
  const takeTemplateText = (): void => {
    take(matchAt(TEMPLATE_TEXT, text, code.length), 'template');
    const ends = text.charAt(code.length) === '`';
    if (!ends) templates.push(0);
    take(ends ? '`' : text.slice(code.length, code.length + 2), 'code');
  };

  while (code.length < text.length) {
    const at = code.length;
    const piece = PIECES.find(({ pattern }) => matchAt(pattern, text, at) !== '');
    const literal = BEFORE_PATTERN.test(code.slice(-40)) ? matchAt(PATTERN_LITERAL, text, at) : '';
    if (piece !== undefined) take(matchAt(piece.pattern, text, at), piece.kind);
    else if (literal !== '') take(literal, 'quoted');
    else takeBracket(text.charAt(at));
  }
  return { code, comments };

  /** A brace, a back quote or a slash that divides. */
  function takeBracket(character: string): void {
    const depth = templates.at(-1);
    const endsExpression = character === '}' && depth === 0;
    if (endsExpression) templates.pop();
    else if (depth !== undefined && character === '{') templates[templates.length - 1] = depth + 1;
    else if (depth !== undefined && character === '}') templates[templates.length - 1] = depth - 1;
    take(character, 'code');
    if (endsExpression || character === '`') takeTemplateText();
  }
}

function matchAt(sticky: RegExp, text: string, index: number): string {
  sticky.lastIndex = index;
  return sticky.exec(text)?.[0] ?? '';
}
