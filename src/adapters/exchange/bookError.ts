// Stage: paper exchange. Why a book could not be opened.
// Invariant: nothing was written; the message says what was expected, found, and the remedy.

export type BookErrorCode =
  | 'bad_settings'
  | 'bad_options'
  | 'not_a_book'
  | 'other_version'
  | 'other_account'
  | 'other_opening_cash'
  | 'other_settings'
  | 'other_market'
  | 'in_use'
  | 'damaged';

/** A book that is not opened. */
export class BookError extends Error {
  override readonly name = 'BookError';
  readonly code: BookErrorCode;

  constructor(code: BookErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
