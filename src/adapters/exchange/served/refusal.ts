// Stage: paper exchange, served. What the exchange refuses, as HTTP status, code and fields.
// Invariant: a refusal changed nothing; the text is for people, the rest for programs.
// Source: codes and texts recorded from Alpaca's API, 2024 to 2026, and its documentation.
import { ERROR_CODES } from '../../../wire/alpaca/errorBody.ts';

export interface Refusal {
  readonly status: number;
  readonly code: number | null;
  readonly message: string;
  readonly fields?: { readonly [name: string]: string | readonly string[] };
}

/** 422/42210000: the request is understood and not possible. */
export const unprocessable = (message: string): Refusal => ({
  status: 422,
  code: ERROR_CODES.unprocessable,
  message,
});

/** 422/40010001: the request itself is wrong. */
export const badRequest = (message: string): Refusal => ({
  status: 422,
  code: ERROR_CODES.badRequest,
  message,
});

/** 403/40310000: the account may not. */
export const notAllowed = (message: string, fields: Refusal['fields'] = {}): Refusal => ({
  status: 403,
  code: ERROR_CODES.notAllowed,
  message,
  fields,
});

export const notFound = (message: string): Refusal => ({
  status: 404,
  code: ERROR_CODES.notFound,
  message,
});

/** A refusal on its way to the wire. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/** @throws Refused unless it holds */
export function refuseUnless(holds: boolean, refusal: () => Refusal): asserts holds {
  if (!holds) throw new Refused(refusal());
}
