// Stage: tests. Entries for journals under test, by name.
// Invariant: two of one name are the same entry, to the byte.
import { CHAIN_START, chainRecord } from '../../src/domain/inputLog.ts';
import { eventText } from '../../src/domain/ledger/eventCodec.ts';
import type { LedgerEvent } from '../../src/domain/ledger/events.ts';
import { session, timestamp } from '../../src/domain/time.ts';
import type { JournalEntry } from '../../src/ports/journal.ts';

const at = timestamp('2024-03-01T14:30:00.000Z');

const eventOf = (name: string): LedgerEvent => ({
  kind: 'submitted',
  cycle: session('2024-03-01'),
  clientOrderId: name,
  outcome: 'refused',
  code: '1',
  // What a text column might mangle: quotes, NUL, line ends, a lone surrogate, beyond the plane.
  message: `"'\u0000\r\n \ud800 \u{1f4b0} ${name}`,
});

/** An entry by name; two of one name are the same entry. */
export function entryOf(name: string, correlationId = 'a/2024-03-01'): JournalEntry {
  const event = eventOf(name);
  const payload = eventText(event);
  return {
    id: name,
    event,
    payload,
    effectiveAt: '2024-03-01',
    recordedAt: at,
    correlationId,
    causationId: '',
    input: chainRecord(CHAIN_START, payload).head,
  };
}
