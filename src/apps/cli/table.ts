// Stage: apps. Tables for a terminal of 100 columns.
// Invariant: nothing is cut: figures stand on one line, long text goes on below itself.

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Widest it may get; longer text is broken between words and goes on in the next line. */
  readonly most?: number;
}

/** Widest line of an answer. */
export const LINE = 100;
/** Of it, what most tables are indented by. */
const INDENT = 2;
/** Narrowest a column of text becomes to let the figures beside it stand. */
const LEAST = 16;

/**
 * Lays out rows under their titles, two spaces between columns, without trailing blanks. Where the
 * figures are so long that a line would be too, the last column that may be broken becomes narrower.
 */
export function table(given: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const columns = narrowed(given, rows);
  const lines = rows.flatMap((row) => toLines(columns, row));
  const widths = widthsOf(columns, lines);
  const lay = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => pad(cell, widths[index] ?? 0, columns[index]?.align ?? 'left'))
      .join('  ')
      .trimEnd();
  return [
    lay(columns.map((column) => column.title)),
    lay(
      columns.map((column, index) => (column.title === '' ? '' : '─'.repeat(widths[index] ?? 0))),
    ),
    ...lines.map(lay),
  ];
}

/**
 * A table whose last column is text. One that would take more than two lines of it, or two in several
 * rows, is said below instead, once, and a number in brackets stands for it.
 */
export function notedTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string[] {
  const last = columns.length - 1;
  const figures = widthsOf(columns, rows).slice(0, last);
  const room = LINE - INDENT - figures.reduce((sum, width) => sum + width + 2, 0);
  const texts = rows.map((row) => row[last] ?? '');
  const notes = [...new Set(texts)].filter((text) => {
    const most = texts.indexOf(text) === texts.lastIndexOf(text) ? 2 : 1;
    return breakText(text, Math.max(room, LEAST)).length > most;
  });
  const numbered = rows.map((row) => {
    const note = notes.indexOf(row[last] ?? '');
    return note === -1 ? row : [...row.slice(0, last), `(${note + 1})`];
  });
  return [
    ...table(
      columns.map((column, index) => (index === last ? { ...column, most: LINE } : column)),
      numbered,
    ),
    ...notes.flatMap((text, index) => {
      const mark = `(${index + 1}) `;
      return breakText(text, LINE - INDENT - mark.length).map(
        (line, at) => (at === 0 ? mark : ' '.repeat(mark.length)) + line,
      );
    }),
  ];
}

function narrowed(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): readonly Column[] {
  const widths = widthsOf(
    columns,
    rows.flatMap((row) => toLines(columns, row)),
  );
  const line = widths.reduce((sum, width) => sum + width + 2, INDENT - 2);
  const last = columns.findLastIndex((column) => column.most !== undefined);
  if (line <= LINE || last === -1) return columns;
  const most = Math.max(LEAST, (widths[last] ?? 0) - (line - LINE));
  return columns.map((column, index) => (index === last ? { ...column, most } : column));
}

const widthsOf = (columns: readonly Column[], lines: readonly (readonly string[])[]): number[] =>
  columns.map((column, index) =>
    Math.max(widthOf(column.title), ...lines.map((line) => widthOf(line[index] ?? ''))),
  );

/** One row as the lines it takes: as many as its longest text needs. */
function toLines(columns: readonly Column[], row: readonly string[]): string[][] {
  const broken = columns.map((column, index) => breakText(row[index] ?? '', column.most));
  const height = Math.max(...broken.map((cell) => cell.length));
  return Array.from({ length: height }, (_, line) => broken.map((cell) => cell[line] ?? ''));
}

/** Breaks text between words into lines of at most `most` characters. */
export function breakText(text: string, most: number | undefined): string[] {
  if (most === undefined || widthOf(text) <= most) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((each) => pieces(each, most))) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > most) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** A word longer than a line, in pieces. */
function pieces(word: string, most: number): string[] {
  const characters = Array.from(word);
  if (characters.length <= most) return [word];
  return [characters.slice(0, most).join(''), ...pieces(characters.slice(most).join(''), most)];
}

const widthOf = (text: string): number => Array.from(text).length;

function pad(text: string, width: number, align: 'left' | 'right'): string {
  const blanks = ' '.repeat(Math.max(0, width - widthOf(text)));
  return align === 'left' ? text + blanks : blanks + text;
}
