// Stage: app. Intents that were held on purpose, counted beside what was not traded.
// Invariant: they are in no figure; what a strategy or a person did not want now is neither cost nor refusal.
import type { OpenCycle } from '../../domain/ledger/state.ts';
import { heldOnPurpose } from '../../domain/suppressed.ts';
import { compareText } from '../../domain/units/units.ts';
import { breakText, LINE } from './table.ts';

export class HeldTally {
  readonly #counts = new Map<string, number>();

  see(cycle: OpenCycle): void {
    for (const [reason, count] of heldOnPurpose(cycle))
      this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + count);
  }

  lines(): string[] {
    const counts = this.#sorted().map(([reason, count]) => `${count} held/${reason}`);
    if (counts.length === 0) return [];
    return [
      ...breakText(`Held on purpose, and in no figure here: ${counts.join(', ')}.`, LINE),
      'Each with its reason: `assay why-not SYMBOL --sleeve SLEEVE`.',
    ];
  }

  json(): { readonly reason: string; readonly intents: number }[] {
    return this.#sorted().map(([reason, intents]) => ({ reason, intents }));
  }

  #sorted(): [string, number][] {
    return [...this.#counts].sort(([a], [b]) => compareText(a, b));
  }
}
