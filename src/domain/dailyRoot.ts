// Stage: proof. One line for each day: what the records up to the end of its cycle come to.
// Invariant: whoever holds the root of a past day sees every later change of what lies before it.
import { canonicalJson, digestOf, type Json } from './canonical.ts';
import { DecodeError, integer, nullable, record, sessionText, text } from './codec.ts';
import type { LineProblem } from './inputLog.ts';
import { InvariantError } from './invariant.ts';
import type { Session } from './time.ts';

/** The format of a line of roots.jsonl. */
export const ROOTS_VERSION = 1;

/** What is sealed of one day. */
export interface RootedDay {
  readonly account: string;
  readonly session: Session;
  /** Cycles committed, this one included. */
  readonly cycles: number;
  /** Events of the journal up to the commit, and its hash there; null where only the files are at hand. */
  readonly events: number | null;
  readonly journal: string | null;
  /** Where the input log stands: signals.jsonl has this hash in that line. */
  readonly inputs: number;
  readonly inputLog: string;
  /** The chained digest over every cycle: plans, orders, fills, allocations, marks. */
  readonly history: string;
}

export interface DailyRoot extends RootedDay {
  /** sha256 over the others: the one line to publish. */
  readonly root: string;
}

const day = record<RootedDay & { readonly version: number }>({
  version: integer,
  account: text,
  session: sessionText,
  cycles: integer,
  events: nullable(integer),
  journal: nullable(text),
  inputs: integer,
  inputLog: text,
  history: text,
});

const encoded = (of: RootedDay): Json =>
  day.encode({
    version: ROOTS_VERSION,
    account: of.account,
    session: of.session,
    cycles: of.cycles,
    events: of.events,
    journal: of.journal,
    inputs: of.inputs,
    inputLog: of.inputLog,
    history: of.history,
  });

export const sealDay = (of: RootedDay): DailyRoot => ({ ...of, root: digestOf(encoded(of)) });

/** The line of roots.jsonl, canonical, without a line break. */
export const rootLine = ({ root, ...of }: DailyRoot): string =>
  canonicalJson({ ...(encoded(of) as { readonly [key: string]: Json }), root }); // a record encodes to an object

export type Roots =
  | { readonly ok: true; readonly roots: readonly DailyRoot[] }
  | { readonly ok: false; readonly problem: LineProblem };

/** Reads roots.jsonl; each line must be canonical and carry its own seal. */
export function readRoots(text: string): Roots {
  const roots: DailyRoot[] = [];
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  for (const [index, line] of lines.entries()) {
    const read = readLine(line);
    if ('expected' in read) return { ok: false, problem: { line: index + 1, ...read } };
    roots.push(read);
  }
  return { ok: true, roots };
}

function readLine(line: string): DailyRoot | Omit<LineProblem, 'line'> {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { what: 'the line', expected: 'one JSON object', found: error.message };
  }
  try {
    const { root, ...body } = (typeof json === 'object' && json !== null ? json : {}) as Readonly<
      Record<string, unknown>
    >; // an object, or none of its keys
    const { version, ...of } = day.decode(body, '');
    if (version !== ROOTS_VERSION)
      return { what: 'version', expected: String(ROOTS_VERSION), found: String(version) };
    const sealed = sealDay(of);
    if (root !== sealed.root)
      return { what: 'root', expected: sealed.root, found: canonicalJson(root as Json) }; // out of JSON.parse
    if (rootLine(sealed) !== line)
      return { what: 'the line', expected: 'canonical JSON', found: 'other bytes' };
    return sealed;
  } catch (error) {
    if (error instanceof DecodeError)
      return { what: error.path, expected: error.expected, found: error.found };
    if (error instanceof InvariantError)
      return { what: 'the line', expected: 'canonical JSON', found: error.message };
    throw error;
  }
}

/** One day whose records are not what its root was made of. */
export interface RootDifference {
  readonly session: Session;
  /** Which part: "journal", "inputLog", "history" … */
  readonly what: string;
  readonly expected: string;
  readonly found: string;
}

const PARTS = [
  'account',
  'cycles',
  'events',
  'journal',
  'inputs',
  'inputLog',
  'history',
] as const satisfies readonly (keyof RootedDay)[];

/**
 * Holds roots that were kept against those of the records now. What one side does not have (a journal,
 * where only files are at hand) is not compared.
 *
 * @returns every difference, the earliest day first: what was changed lies at or before it
 */
export function compareRoots(
  kept: readonly DailyRoot[],
  now: readonly DailyRoot[],
): RootDifference[] {
  const bySession = new Map(now.map((root) => [root.session, root]));
  return kept
    .toSorted((a, b) => (a.session < b.session ? -1 : a.session > b.session ? 1 : 0))
    .flatMap((root): RootDifference[] => {
      const { session } = root;
      const found = bySession.get(session);
      if (found === undefined)
        return [{ session, what: 'the cycle', expected: `root ${root.root}`, found: 'none' }];
      return PARTS.filter(
        (part) => root[part] !== null && found[part] !== null && root[part] !== found[part],
      ).map((part) => ({
        session,
        what: part,
        expected: String(root[part]),
        found: String(found[part]),
      }));
    });
}
