// Stage: apps. Tables for a terminal of 100 columns.
// Invariant: a figure is never cut; text is, visibly.

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Widest it may get; longer text ends in "…". Figures get no limit. */
  readonly most?: number;
}

/** Lays out rows under their titles, two spaces between columns, without trailing blanks. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const cells = rows.map((row) =>
    columns.map((column, index) => fit(row[index] ?? '', column.most)),
  );
  const widths = columns.map((column, index) =>
    Math.max(visible(column.title), ...cells.map((row) => visible(row[index] ?? ''))),
  );
  const lay = (row: readonly string[]): string =>
    row
      .map((cell, index) => pad(cell, widths[index] ?? 0, columns[index]?.align ?? 'left'))
      .join('  ')
      .trimEnd();
  return [
    lay(columns.map((column) => column.title)),
    widths
      .map((width) => '─'.repeat(width))
      .join('  ')
      .trimEnd(),
    ...cells.map(lay),
  ];
}

function fit(text: string, most: number | undefined): string {
  const characters = Array.from(text);
  return most === undefined || characters.length <= most
    ? text
    : `${characters.slice(0, most - 1).join('')}…`;
}

const visible = (text: string): number => Array.from(text).length;

function pad(text: string, width: number, align: 'left' | 'right'): string {
  const blanks = ' '.repeat(Math.max(0, width - visible(text)));
  return align === 'left' ? text + blanks : blanks + text;
}
