// Stage: apps. Reads a client order id, from the id alone.
// Invariant: an id with any character changed is never read as ours.
import { decodeOrderId, type DecodedOrderId } from '../../../domain/clientOrderId.ts';
import { format } from '../../../domain/units/units.ts';
import { EXIT, type ExitCode, type Output } from '../usage.ts';

export function decode(id: string, options: { json?: boolean }, output: Output): ExitCode {
  const decoded = decodeOrderId(id);
  const found = decoded.kind === 'ours' ? EXIT.ok : EXIT.found;
  if (options.json === true) {
    output.line(
      JSON.stringify(decoded, (_, value: unknown) =>
        typeof value === 'bigint' ? format(value as Parameters<typeof format>[0]) : value,
      ),
    ); // quantities are the only bigints
    return found;
  }
  for (const line of decodedLines(id, decoded)) output.line(line);
  return found;
}

function decodedLines(id: string, decoded: DecodedOrderId): string[] {
  switch (decoded.kind) {
    case 'foreign':
      return [`${id} is not one of ours: its prefix is another's. Nothing follows from it.`];
    case 'damaged':
      return [
        `${id} is damaged: ${decoded.reason}.`,
        'Nothing was read from it. Compare it with the id in orders.jsonl or with `assay explain SYMBOL`.',
      ];
    case 'ours':
      return [
        `${decoded.side} ${decoded.symbol}, session ${decoded.session}, revision ${decoded.revision}, attempt ${decoded.attempt}, parent digest ${decoded.digest}…`,
        ...demandLines(decoded.demands),
      ];
  }
}

function demandLines(demands: Extract<DecodedOrderId, { kind: 'ours' }>['demands']): string[] {
  switch (demands.kind) {
    case 'listed':
      return [
        ...demands.demands.map(
          ({ code, quantity }) => `  sleeve code ${code}: ${format(quantity)} shares`,
        ),
        'Codes count the sleeves of the configuration from 2, 0 is house; `assay explain ID` names them.',
      ];
    case 'overflow':
      return ['  The contributors did not fit; the parent digest leads to the records.'];
    case 'head_only':
      return [
        '  Only the first 48 characters are here: the contributors are in the records under the parent digest.',
      ];
  }
}
