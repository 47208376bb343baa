// Stage: apps. Records as CSV (RFC 4180).
// Invariant: one header, one line a record; text that a spreadsheet would take for a formula is text.

/** @param records all with the same keys */
export function csvLines(records: readonly Readonly<Record<string, unknown>>[]): string[] {
  const [first] = records;
  if (first === undefined) return [];
  const columns = Object.keys(first);
  return [
    columns.map(cell).join(','),
    ...records.map((record) => columns.map((column) => cell(record[column])).join(',')),
  ];
}

function cell(value: unknown): string {
  const text = value === null || value === undefined ? '' : plain(value);
  // A figure may begin with a minus; other text that begins a formula gets an apostrophe.
  const safe = /^[=+@\t\r]|^-(?![\d.])/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const plain = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value);
