// Stage: apps. Tables for a terminal of 100 columns.
// Invariant: nothing is cut: figures stand on one line, long text goes on below itself.

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Widest it may get; longer text is broken between words and goes on in the next line. */
  readonly most?: number;
}

/** Lays out rows under their titles, two spaces between columns, without trailing blanks. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const lines = rows.flatMap((row) => toLines(columns, row));
  const widths = columns.map((column, index) =>
    Math.max(widthOf(column.title), ...lines.map((line) => widthOf(line[index] ?? ''))),
  );
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
